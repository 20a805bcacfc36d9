import { connect } from '../cluster/cluster.ts';
import type { ClusterSource } from '../options/types.ts';
import { deleteKindClusters } from '../provider/kind/kind.ts';
import { removeNamespaces, runNamespaces } from '../provider/kubeconfig/namespaces.ts';
import { reasonOf } from '../provider/kubeconfig/reason.ts';
import { probe } from '../provider/preflight/probe.ts';
import { knownRuns, RunState, type Undo } from '../state/state.ts';
import { describe, inOwnCluster, stuckCluster, undoOne } from './undo.ts';

/** Tells people what is being done. */
export type Say = (text: string) => void;

/** What could not be removed or put back, each with the reason; nothing if all is well. */
export interface Cleaned {
  readonly left: string[];
}

type Pending = ReturnType<RunState['pending']>[number];

/**
 * Puts back what a run's journal names and forgets the run if nothing is left. It can be repeated, and does nothing
 * that the journal does not name. Whether the run is still alive is for the caller to know.
 */
export async function cleanRun(state: RunState, say: Say): Promise<Cleaned> {
  const left: string[] = [];
  const madeClusters = state.entries().some(({ undo }) => isClusters(undo));
  for (const { undo, done } of inOrder(state)) {
    if (madeClusters && inOwnCluster(undo, state)) {
      if (!hasClusters(state)) done(); // gone with its cluster
      continue;
    }
    say(describe(undo));
    const remains = await undoOne(undo, state);
    if (remains.length === 0) done();
    left.push(...remains);
  }
  if (left.length === 0) state.end();
  return { left };
}

const hasClusters = (state: RunState): boolean => state.pending().some(({ undo }) => isClusters(undo));

/** Clusters of the run's own: what was done in them goes with them. */
const isClusters = (undo: Undo | undefined): boolean => undo?.kind === 'clusters' || undo?.kind === 'world';

/** What is frozen first, for nothing else answers before; then the run's own clusters; then the rest, latest first. */
function inOrder(state: RunState): Pending[] {
  const rank = ({ undo }: Pending): number => (undo.kind === 'frozen' ? 0 : isClusters(undo) ? 1 : 2);
  return state.pending().sort((a, b) => rank(a) - rank(b));
}

/** What `clean` is asked for. */
export interface CleanRequest {
  /** Only this run; without it every dead one. */
  readonly runId?: string;
  /** The kind program, for clusters that only their names tell of. */
  readonly kindProgram: string;
  /** Existing clusters in which to look for namespaces of dead runs. */
  readonly sources: readonly ClusterSource[];
  /** @default the user's state directory */
  readonly stateBase?: string;
}

/** What came of `clean`. */
export interface CleanResult extends Cleaned {
  /** Runs that are still alive, and were not touched: what to do about each. */
  readonly refused: string[];
  /** Runs that were cleaned, and names that were removed without a journal. */
  readonly cleaned: string[];
}

const RUN_ID = '[0-9]{4}-[0-9]{4}-[0-9a-z]{3}';

/** Which runs' leavings may be removed. */
interface Scope {
  /** The only run that was asked for, or undefined for all. */
  readonly runId: string | undefined;
  readonly alive: ReadonlySet<string>;
  readonly known: ReadonlySet<string>;
  readonly say: Say;
}

const mayTouch = ({ runId, alive }: Scope, id: string): boolean =>
  !alive.has(id) && (runId === undefined || id === runId);

/** Removes what dead runs left: by their journals first, then by names and labels alone. */
export async function cleanAll(request: CleanRequest, say: Say): Promise<CleanResult> {
  const { runId } = request;
  const runs = knownRuns(request.stateBase);
  const alive = new Set(runs.filter((state) => state.alive()).map(({ id }) => id));
  const scope = { runId, alive, known: new Set(runs.map(({ id }) => id)), say };
  const journals: CleanResult[] = [];
  // Latest first: what a run did in clusters that an earlier one had kept is put back before they are deleted.
  const latestFirst = runs.toSorted((one, other) => other.id.localeCompare(one.id));
  for (const state of latestFirst.filter(({ id }) => runId === undefined || id === runId)) {
    journals.push(await cleanKnown(state, scope));
  }
  const strays = [
    await strayClusters(request.kindProgram, scope),
    ...(await Promise.all(request.sources.map((source) => strayNamespaces(source, scope)))),
  ];
  return merge([...journals, ...strays]);
}

const NOTHING: CleanResult = { left: [], refused: [], cleaned: [] };

function merge(results: readonly CleanResult[]): CleanResult {
  const all = (field: keyof CleanResult): string[] => [
    ...new Set(results.flatMap((result) => result[field])),
  ];
  return { left: all('left'), refused: all('refused'), cleaned: all('cleaned') };
}

async function cleanKnown(state: RunState, { alive, say }: Scope): Promise<CleanResult> {
  if (alive.has(state.id)) return { ...NOTHING, refused: [refusal(state)] };
  const { left } = await cleanRun(state, say);
  if (left.length > 0)
    say(
      `what is left of run ${state.id} is tried again by the next clean; if its clusters are gone for good: rm -r ${state.directory}`,
    );
  return { ...NOTHING, left, cleaned: left.length === 0 ? [`run ${state.id}`] : [] };
}

function refusal(state: RunState): string {
  const pid = String(state.record()?.pid ?? '?');
  return `run ${state.id} is still running (process ${pid}); stop it first: kill ${pid}`;
}

/** Clusters of this machine's engine whose name is all that is known of them. */
async function strayClusters(program: string, scope: Scope): Promise<CleanResult> {
  const listed = await probe(program, ['get', 'clusters', '-q']);
  if (listed.kind !== 'ran' || listed.exitCode !== 0) return NOTHING; // no kind or no engine, so no clusters
  const names = listed.stdout.split('\n').filter((name) => {
    const [, id] = new RegExp(`^meshproof-(${RUN_ID})-.`).exec(name) ?? [];
    return id !== undefined && mayTouch(scope, id);
  });
  if (names.length === 0) return NOTHING;
  scope.say(`delete the kind clusters ${names.join(', ')}`);
  try {
    const left = new Set(await deleteKindClusters(program, names));
    return {
      ...NOTHING,
      cleaned: names.filter((name) => !left.has(name)).map((name) => `kind cluster ${name}`),
      left: [...left].map((name) => stuckCluster(program, name)),
    };
  } catch (error) {
    return { ...NOTHING, left: [`kind clusters ${names.join(', ')}: ${reasonOf(error)}`] };
  }
}

/**
 * Namespaces that only their label tells of. Clusters are shared, so those of a run that this machine knows nothing of
 * (it may be under way on another) are removed only if that run was asked for by name.
 */
async function strayNamespaces({ name, file, context }: ClusterSource, scope: Scope): Promise<CleanResult> {
  try {
    const cluster = await connect({ name, kubeconfig: file, context });
    try {
      const found = (await runNamespaces(cluster)).filter(({ runId }) => mayTouch(scope, runId));
      const ours = found.filter(({ runId }) => scope.known.has(runId) || runId === scope.runId);
      const foreign = new Set(found.filter((each) => !ours.includes(each)).map(({ runId }) => runId));
      const names = ours.map((each) => each.name);
      if (names.length > 0) scope.say(`remove the namespaces ${names.join(', ')} in ${name}`);
      const left = await removeNamespaces(cluster, names);
      return {
        refused: [...foreign].map((id) => unknownRun(id, name)),
        cleaned: left.length === 0 ? names.map((each) => `namespace ${each} in ${name}`) : [],
        left,
      };
    } finally {
      await cluster.close();
    }
  } catch (error) {
    return { ...NOTHING, left: [`namespaces in ${name}: ${reasonOf(error)}`] };
  }
}

const unknownRun = (id: string, cluster: string): string =>
  `${cluster} has namespaces of run ${id}, which was not started here and may be under way elsewhere; ` +
  `if it is over: npx meshproof clean ${id} --cluster NAME=FILE[:CONTEXT]`;

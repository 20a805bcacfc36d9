import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { whyOtherDiscovery } from '../mesh/preflight.ts';
import { labelInjecting } from '../mesh/istio/injected.ts';
import { deployAhead } from '../play/ahead.ts';
import type { RunContext } from '../play/context.ts';
import { namespaceOf } from '../play/namespace.ts';
import { kindName } from '../provider/kind/config.ts';
import type { Provider } from '../provider/types.ts';
import { whySkipped, type Selected } from '../select.ts';
import { stateDirectory } from '../state/state.ts';
import { abortReason, bounded } from '../wait/wait.ts';
import type { Bench, Chosen } from './bench.ts';
import { clearForNextSuite } from './between-suites.ts';
import { benchDirectory, bringUp, labelOf, type Ready, type Wanted } from './bring-up.ts';
import { ingressAddressOf } from './ingress-address.ts';
import { keptNotes } from './kept-notes.ts';
import { rememberTopology } from './kept.ts';
import { appsDirectory, boundsOf, pullSecretOf, ROOT, userPath, type Run } from './setup.ts';
import { timed } from './timed.ts';
import { skip, unplayed } from './unplayed.ts';
import { playAll } from './vitest.ts';

/** A bench, and who provides its clusters. */
export interface BenchRun extends Bench {
  readonly provider: Provider;
}

/**
 * Brings a bench up once, plays its suites there one after the other, and tears it down. Whatever breaks, every check has
 * a verdict in the end. @throws Error with what broke
 */
export async function runBench(run: Run, bench: BenchRun, keep: boolean): Promise<void> {
  const forget = journalClusters(run, bench);
  const over = new AbortController();
  let members: Ready['members'] = [];
  try {
    const ready = await bringUp(run, bench.provider, { ...bench, ...ahead(run, bench, over.signal) });
    ({ members } = ready);
    try {
      await playParts(run, bench, ready);
    } finally {
      await Promise.allSettled(ready.members.map(({ client }) => client.close()));
    }
  } catch (error) {
    await collectLogs(run, bench);
    throw error;
  } finally {
    over.abort();
    for (const part of bench.parts) closeUnjudged(run, part);
    if (keep)
      for (const text of keptNotes(run, bench, members))
        run.log.append({ type: 'note', level: 'info', text });
    else await tearDown(run, bench, forget);
  }
}

/** Is there no point in playing any further: was the run ended, or did `--fail-fast` come true? */
export function isOver(run: Pick<Run, 'signal' | 'options' | 'log' | 'earlier'>): boolean {
  if (run.signal.aborted) return true;
  if (!run.options.failFast) return false;
  const before = new Set(run.earlier?.decided.map(({ id }) => id));
  return run.log
    .read()
    .events.some(
      (event) =>
        event.type === 'check' && event.check.verdict === 'non-conformant' && !before.has(event.check.id),
    );
}

/** One suite that breaks does not keep the others from being judged. */
async function playParts(run: Run, bench: BenchRun, ready: Ready): Promise<void> {
  const broken: string[] = [];
  for (const part of bench.parts) {
    if (part !== bench.parts[0] && !isOver(run)) await clearFor(run, part, ready);
    if (isOver(run)) break;
    await playOn(run, part, { ready, bench }).catch((error: unknown) => {
      broken.push(messageOf(error));
    });
  }
  if (broken.length > 0) throw new Error(broken.join('; '));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** No suite sees what another configured. With `--keep` that stays, by request; namespaces differ all the same. */
async function clearFor(run: Run, { variant, scenarios }: Chosen, { members }: Ready): Promise<void> {
  const { id: runId, signal, options } = run;
  if (options.keep) return;
  run.log.append({ type: 'progress', text: 'waiting until what the suite before made is gone' });
  const clusters = members.map(({ client }) => client);
  const stays = new Set(scenarios.map(({ file }) => namespaceOf({ runId, variant }, file)));
  const onTimeout = (): Error => new Error('what the suite before made is not gone in time (--timeout)');
  const left = await bounded({ signal, timeoutMs: options.timeout, onTimeout }, () =>
    clearForNextSuite(clusters, { runId, stays }),
  ).catch((error: unknown) => [messageOf(error)]);
  if (signal.aborted) return;
  for (const text of left) run.log.append({ type: 'note', level: 'warning', text });
}

/** Pods take long to start on kind; and whatever stays behind is gone with its clusters. */
const deploysAhead = ({ name }: Provider): boolean => name === 'kind';

/** The first scenario's applications start while the mesh is being completed. Only in clusters that go away afterwards. */
function ahead(run: Run, { provider, parts }: BenchRun, signal: AbortSignal): Pick<Wanted, 'whenInjecting'> {
  const [first] = parts.flatMap(({ variant, scenarios }) =>
    scenarios.map((selected) => ({ variant, selected })),
  );
  if (first === undefined || !deploysAhead(provider)) return {};
  const soFar = { ...placingOf(run), variant: first.variant, signal };
  return {
    whenInjecting: (member) => {
      const injection = run.options.injectionLabel ?? labelInjecting(member.topology.revision);
      return deployAhead(member, first.selected, { ...soFar, injection });
    },
  };
}

/** What the clusters themselves have to say when something broke; before they are gone. */
async function collectLogs(run: Run, bench: BenchRun): Promise<void> {
  if (run.signal.aborted) return;
  const { suite, provider } = bench;
  const variant = labelOf(bench);
  await timed(run, { name: 'collect', suite, variant }, () =>
    provider.logs(run.clustersOf, join(run.log.directory, 'logs', suite, variant)),
  ).catch(() => undefined); // the stage says why
}

/** Written down before the first cluster is made, so that `clean` knows of it after a crash. */
function journalClusters(run: Run, bench: BenchRun): () => void {
  const { provider, clusters } = bench;
  if (!provider.ownsClusters || run.clustersOf !== run.id) return () => undefined;
  rememberTopology(benchDirectory(run, bench), bench);
  if (provider.name === 'embedded') {
    return run.state.willUndo({ kind: 'world', directory: benchDirectory(run, bench) });
  }
  const names = clusters.map(({ name }) => kindName(run.id, name));
  return run.state.willUndo({ kind: 'clusters', provider: 'kind', names, program: run.options.kindBin });
}

interface Place {
  readonly ready: Ready;
  readonly bench: BenchRun;
}

async function playOn(run: Run, part: Chosen, place: Place): Promise<void> {
  const { suite } = part;
  const variant = labelOf({ ...place.bench, variant: part.variant });
  const playable = withoutSkipped(run, part, place.ready);
  if (playable.length === 0) return;
  const context = contextOf(run, { ...part, scenarios: playable }, place);
  await timed(run, { name: 'measure', suite, variant }, async () => {
    const { errors } = await playAll(ROOT, context, {
      signal: run.signal,
      failFast: run.options.failFast,
      seed: run.seed,
    });
    if (errors.length > 0) throw new Error(errors.join('; '));
  });
}

/** What is skipped gets its verdict at once; the rest is to be played. */
function withoutSkipped(run: Run, part: Chosen, ready: Ready): Selected[] {
  const unfit = ready.unfit ?? whyOtherVariant(run, part, ready);
  return part.scenarios.filter((selected) => {
    const message = unfit ?? whySkipped(selected, part.variant, ready.missing);
    if (message === undefined) return true;
    skip(run, { selected, variant: part.variant, message });
    return false;
  });
}

/** Two variants of one suite may want the same clusters and networks, and differ in what control planes are told. */
function whyOtherVariant(
  { options }: Run,
  { variant, variants = [variant] }: Chosen,
  { discovery }: Ready,
): string | undefined {
  if (discovery === undefined || !variants.includes('replicated')) return undefined;
  return whyOtherDiscovery(variant, discovery, { named: options.variant.length > 0 });
}

type Placing =
  'runId' | 'appsDirectory' | 'timeoutMs' | 'images' | 'imageHub' | 'pullSecret' | 'namespaceLabels';

/** How applications are placed in clusters. */
function placingOf({ id, options }: Run): Pick<RunContext, Placing> {
  return {
    runId: id,
    appsDirectory,
    timeoutMs: options.timeout,
    images: options.image,
    imageHub: options.imageHub,
    pullSecret: pullSecretOf(options),
    namespaceLabels: options.namespaceLabel,
  };
}

function contextOf(run: Run, { suite, variant, scenarios }: Chosen, { ready, bench }: Place): RunContext {
  const { options } = run;
  const { mesh, members } = ready;
  const where = { runId: run.clustersOf, directory: benchDirectory(run, bench) };
  return {
    ...placingOf(run),
    clustersOf: run.clustersOf,
    variant,
    outDirectory: run.log.directory,
    stateBase: stateDirectory(),
    members: members.map(({ topology, provided }) => ({ topology, provided })),
    mesh,
    scenarios: scenarios.map(({ file }) => file),
    atOnce: options.scenariosAtOnce,
    deploysAhead: deploysAhead(bench.provider),
    bounds: boundsOf(options),
    rate: options.rate,
    keep: options.keep,
    ingressAddress: ingressAddressOf(options, bench.provider, members),
    risk: run.risk,
    evidence: run.earlier?.evidence ?? {},
    undecided: run.earlier?.undecided ?? {},
    unmet: run.earlier?.unmet[`${suite}/${variant}`],
    settled: (run.earlier?.decided ?? []).map(({ id }) => id),
    freezer: bench.provider.freezer?.(where),
    revisionInstaller: bench.provider.revisions?.(where) ?? {
      kind: 'istioctl',
      program: options.istioctlBin,
      hub: options.istioHub,
      tag: options.istioTag,
      overlays: options.installValues === undefined ? [] : [userPath(options.installValues)],
    },
  };
}

/** What the run did not get to is inconclusive, never missing. */
function closeUnjudged(run: Run, { variant, scenarios }: Chosen): void {
  const judged = new Set(
    run.log.read().events.flatMap((event) => (event.type === 'check' ? [event.check.id] : [])),
  );
  const { reason, message } = whyUnjudged(run);
  for (const selected of scenarios) {
    for (const check of unplayed(run, { selected, variant, verdict: 'inconclusive', reason, message })) {
      if (!judged.has(check.id)) run.log.append({ type: 'check', check });
    }
  }
}

function whyUnjudged(run: Run): { readonly reason: string; readonly message: string } {
  if (run.signal.aborted)
    return {
      reason: 'interrupted',
      message: `${abortReason(run.signal).message}; this was not judged before`,
    };
  const message = isOver(run)
    ? 'a check before this was non-conformant, and --fail-fast was given'
    : 'the run broke before this was judged';
  return { reason: 'not-judged', message };
}

async function tearDown(run: Run, bench: BenchRun, forget: () => void): Promise<void> {
  const { suite, provider } = bench;
  const left = await timed(run, { name: 'teardown', suite, variant: labelOf(bench) }, () =>
    provider.down(run.clustersOf),
  ).catch((error: unknown) => [messageOf(error)]);
  if (left.length === 0) {
    forget();
    // Credentials of clusters that are gone; `--reuse` goes by these folders. Of clusters that stay the mesh has yet to be
    // removed, by what lies there.
    if (provider.ownsClusters) rmSync(benchDirectory(run, bench), { recursive: true, force: true });
  }
  for (const what of left) {
    const text = `left behind: ${what}. Look: npx meshproof clean ${run.clustersOf}`;
    run.log.append({ type: 'note', level: 'warning', text });
  }
}

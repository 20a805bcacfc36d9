import { sep } from 'node:path';
import { ApiError, connect, type Cluster } from '../cluster/cluster.ts';
import { CommandError } from '../command/command-error.ts';
import { run } from '../command/command.ts';
import { cleanUpExternally } from '../mesh/external.ts';
import { endWorld } from '../provider/embedded/control.ts';
import { deleteKindClusters, kindClustersOf } from '../provider/kind/kind.ts';
import { thaw } from '../provider/kind/nodes.ts';
import { removeNamespaces } from '../provider/kubeconfig/namespaces.ts';
import { reasonOf } from '../provider/kubeconfig/reason.ts';
import { probe } from '../provider/preflight/probe.ts';
import type { RunState, Undo } from '../state/state.ts';

/** One kind of entry of the journal. */
export type UndoOf<Kind extends Undo['kind']> = Extract<Undo, { readonly kind: Kind }>;

/** Puts one thing back. What is back already, or was never done, is fine. Resolves to what is left, with the reason. */
export async function undoOne(undo: Undo, state: RunState): Promise<string[]> {
  try {
    switch (undo.kind) {
      case 'frozen':
        return await unfreeze(undo);
      case 'clusters':
        return await deleteClusters(undo, state);
      case 'world':
        return await endWorld(undo.directory);
      case 'scale':
        return await inCluster(undo, (cluster) => scaleBack(cluster, undo));
      case 'namespace':
        return await inCluster(undo, (cluster) => removeNamespaces(cluster, [undo.name]));
      case 'revision':
        return await uninstall(undo);
      case 'mesh':
        return await uninstallMesh(undo);
      case 'installer':
        return await callCleanUp(undo);
    }
  } catch (error) {
    return [`${describe(undo)}: ${reasonOf(error)}`];
  }
}

/** What is put back, for people. */
export function describe(undo: Undo): string {
  switch (undo.kind) {
    case 'frozen':
      return `thaw the ${undo.part === 'node' ? 'node' : 'API server'} ${undo.container}`;
    case 'clusters':
      return `delete the kind clusters ${undo.names.join(', ')}`;
    case 'world':
      return `end the embedded mesh in ${undo.directory}`;
    case 'scale':
      return `scale ${undo.namespace}/${undo.name} back to ${String(undo.replicas)} (${placeOf(undo)})`;
    case 'namespace':
      return `remove namespace ${undo.name} (${placeOf(undo)})`;
    case 'revision':
      return `uninstall revision ${undo.revision} (${placeOf(undo)})`;
    case 'mesh':
      return `uninstall Istio (${placeOf(undo)})`;
    case 'installer':
      return `${undo.program} cleanup`;
  }
}

interface Place {
  readonly kubeconfig: string;
  readonly context?: string;
}

const placeOf = ({ kubeconfig, context }: Place): string =>
  context === undefined ? kubeconfig : `${kubeconfig}:${context}`;

/** Was this done in a cluster that the run itself made? Its kubeconfig then lies in the run's own folder. */
export const inOwnCluster = (undo: Undo, state: RunState): boolean =>
  'kubeconfig' in undo && undo.kubeconfig.startsWith(state.directory + sep);

async function inCluster<T>(place: Place, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await connect({
    name: placeOf(place),
    kubeconfig: place.kubeconfig,
    context: place.context,
  });
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

async function scaleBack(
  cluster: Cluster,
  { namespace, name, replicas }: UndoOf<'scale'>,
): Promise<string[]> {
  try {
    await cluster.scale({ namespace, name }, replicas);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error; // whoever deleted it does not want it back
  }
  return [];
}

async function unfreeze({ container, part }: UndoOf<'frozen'>): Promise<string[]> {
  const seen = await probe('docker', ['inspect', '-f', '{{.State.Status}}', container]);
  if (seen.kind === 'ran' && seen.exitCode !== 0 && /no such (object|container)/i.test(seen.stderr))
    return [];
  try {
    await thaw(container, part);
  } catch (error) {
    // pkill: no such process. An API server that does not run is not frozen.
    if (!(part === 'api-server' && error instanceof CommandError && error.exitCode === 1)) throw error;
  }
  return [];
}

/** Those that the journal names, and those that only their names tell of. */
async function deleteClusters({ names, program }: UndoOf<'clusters'>, state: RunState): Promise<string[]> {
  const found = await kindClustersOf(program, state.id);
  const left = await deleteKindClusters(program, [...new Set([...names, ...found])]);
  return left.map((name) => stuckCluster(program, name));
}

/** A kind cluster that could not be deleted, with the command that says why. */
export const stuckCluster = (program: string, name: string): string =>
  `kind cluster ${name}; see: ${program} delete cluster --name ${name}`;

const optionsOf = ({ kubeconfig, context }: Place): string[] => [
  '--kubeconfig',
  kubeconfig,
  ...(context === undefined ? [] : ['--context', context]),
];

/** Everything that `--install-mesh` brought into a cluster that had no mesh; preflight saw to that. */
async function uninstallMesh(undo: UndoOf<'mesh'>): Promise<string[]> {
  await run(undo.program, ['uninstall', ...optionsOf(undo), '--purge', '-y'], { timeoutMs: 240_000 });
  return inCluster(undo, async (cluster) => {
    const definitions = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
    const found = await cluster.list(definitions);
    const ours = found.filter(({ metadata }) => metadata.name.endsWith('.istio.io'));
    await Promise.all(ours.map(({ metadata: { name } }) => cluster.delete({ ...definitions, name })));
    return removeNamespaces(cluster, ['istio-system']);
  });
}

async function callCleanUp({ program, directory, env, timeoutMs }: UndoOf<'installer'>): Promise<string[]> {
  await cleanUpExternally({ program, directory, timeoutMs, signal: new AbortController().signal }, env);
  return [];
}

async function uninstall(undo: UndoOf<'revision'>): Promise<string[]> {
  const { program, revision } = undo;
  try {
    await run(program, ['uninstall', ...optionsOf(undo), '--revision', revision, '-y'], {
      timeoutMs: 120_000,
    });
  } catch (error) {
    // istioctl fails where the revision is not installed; then there is nothing to do.
    const installed = await inCluster(undo, (cluster) =>
      cluster.list({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace: 'istio-system',
        labelSelector: `app=istiod,istio.io/rev=${revision}`,
      }),
    );
    if (installed.length > 0) throw error;
  }
  return [];
}

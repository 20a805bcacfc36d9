import type { Cluster } from '../../cluster/cluster.ts';
import { isServing, mayRun } from '../../cluster/pods.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { InjectionLabel } from '../types.ts';
import { revisionOf } from './injected.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';

interface Pod extends KubernetesObject {
  readonly status?: { readonly phase?: string };
}

/** Ready pods of a control plane. */
export async function controlPlanePods(cluster: Cluster, revision?: string): Promise<string[]> {
  const pods = await cluster.list({
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: SYSTEM_NAMESPACE,
    labelSelector: revision === undefined ? 'app=istiod' : `app=istiod,istio.io/rev=${revision}`,
  });
  return pods.filter(isServing).map((pod) => pod.metadata.name);
}

/** Those of these pods that are still there: one that was told to end serves its proxies until it is gone. */
export async function podsLeft(cluster: Cluster, names: readonly string[]): Promise<string[]> {
  const pods = await cluster.list<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace: SYSTEM_NAMESPACE });
  return pods
    .filter(mayRun)
    .map(({ metadata }) => metadata.name)
    .filter((name) => names.includes(name));
}

/** The revisions that ready istiod pods carry in their label `istio.io/rev`. */
async function revisionsRunning(cluster: Cluster): Promise<string[]> {
  const pods = await cluster.list({
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: SYSTEM_NAMESPACE,
    labelSelector: 'app=istiod',
  });
  const revisions = pods.filter(isServing).flatMap(({ metadata }) => metadata.labels?.['istio.io/rev'] ?? []);
  return [...new Set(revisions)];
}

/**
 * The revision of the running istiod; of several, the one that this label names.
 *
 * @throws Error if none runs, or of several none of that name
 */
export async function revisionInCharge(cluster: Cluster, label: InjectionLabel): Promise<string> {
  const revisions = await revisionsRunning(cluster);
  const named = revisionOf(label);
  const [revision] = revisions.length > 1 ? revisions.filter((each) => each === named) : revisions;
  if (revision !== undefined) return revision;
  const other =
    revisions.length === 0 ? '' : ` of one revision, or of ${named}, by whose label pods are injected`;
  throw new Error(
    `expected an istiod${other} in ${cluster.name}; running: ${revisions.join(', ') || 'none'}`,
  );
}

/** Asks istiod's debug interface in every pod of the control plane: each of them serves only its own proxies. */
export async function askControlPlane<T>(cluster: Cluster, path: string, revision?: string): Promise<T[]> {
  const pods = await controlPlanePods(cluster, revision);
  if (pods.length === 0)
    throw new Error(`no ready istiod pod in ${cluster.name}, namespace ${SYSTEM_NAMESPACE}`);
  return Promise.all(
    pods.map(async (pod) => {
      const { exitCode, stdout, stderr } = await cluster.exec({
        namespace: SYSTEM_NAMESPACE,
        pod,
        container: 'discovery',
        command: ['pilot-discovery', 'request', 'GET', path],
        timeoutMs: 20_000,
        maxBytes: 64 * 1024 * 1024,
      });
      if (exitCode !== 0)
        throw new Error(`istiod in ${cluster.name} refused ${path}: ${stderr.trim().slice(-300)}`);
      return JSON.parse(stdout === '' ? 'null' : stdout) as T;
    }),
  );
}

/** A cluster that a control plane watches. */
export interface WatchedCluster {
  readonly id: string;
  /** Empty for the control plane's own cluster. */
  readonly secretName: string;
  readonly syncStatus: string;
}

/** The clusters that a control plane watches, and whether it has read them. */
export async function watchedClusters(cluster: Cluster): Promise<WatchedCluster[]> {
  return (await askControlPlane<WatchedCluster[] | null>(cluster, '/debug/clusterz')).flatMap(
    (list) => list ?? [],
  );
}

/** A proxy that is connected to a control plane. */
export interface ConnectedProxy {
  /** The mesh's name of the cluster that the proxy runs in. */
  readonly cluster_id: string;
  /** POD.NAMESPACE */
  readonly proxy: string;
  readonly proxy_type: string;
  readonly istio_version: string;
}

/** The proxies that take their configuration from a control plane. */
export async function connectedProxies(cluster: Cluster, revision?: string): Promise<ConnectedProxy[]> {
  return (await askControlPlane<ConnectedProxy[] | null>(cluster, '/debug/syncz', revision)).flatMap(
    (list) => list ?? [],
  );
}

interface Shards {
  readonly Shards?: Readonly<Record<string, readonly unknown[] | null>>;
}

type ShardsByHost = Readonly<Record<string, Readonly<Record<string, Shards>>>>;

/** By host, how many endpoints a control plane has of a namespace's services; hosts without any are left out. */
export async function endpointsInNamespace(
  cluster: Cluster,
  namespace: string,
): Promise<Record<string, number>> {
  const answers = await askControlPlane<ShardsByHost | null>(cluster, '/debug/endpointShardz');
  const counts: Record<string, number> = {};
  for (const [host, byNamespace] of answers.flatMap((answer) => Object.entries(answer ?? {}))) {
    const shards = Object.values(byNamespace[namespace]?.Shards ?? {});
    const count = shards.reduce((sum, endpoints) => sum + (endpoints?.length ?? 0), 0);
    if (count > 0) counts[host] = Math.max(counts[host] ?? 0, count);
  }
  return counts;
}

/** How many endpoints the pods of a control plane have: each of them configures proxies by its own. */
export interface EndpointCount {
  readonly least: number;
  readonly most: number;
}

/** By cluster, how many endpoints of a service a control plane has. Key: the mesh's name of the cluster. */
export async function endpointsByCluster(
  cluster: Cluster,
  service: { readonly host: string; readonly namespace: string },
): Promise<Record<string, EndpointCount>> {
  const answers = await askControlPlane<ShardsByHost | null>(cluster, '/debug/endpointShardz');
  const byPod = answers.map((answer) => {
    const shards = answer?.[service.host]?.[service.namespace]?.Shards ?? {};
    return new Map(
      Object.entries(shards).map(([shard, endpoints]) => [
        shard.slice(shard.indexOf('/') + 1),
        endpoints?.length ?? 0,
      ]),
    );
  });
  const ids = [...new Set(byPod.flatMap((counts) => [...counts.keys()]))];
  return Object.fromEntries(
    ids.map((id) => {
      const counts = byPod.map((one) => one.get(id) ?? 0);
      return [id, { least: Math.min(...counts), most: Math.max(...counts) }];
    }),
  );
}

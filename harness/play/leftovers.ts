import { ApiError, type Cluster } from '../cluster/cluster.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { connectedProxies, endpointsInNamespace } from '../mesh/istio/control-plane.ts';
import { askProxy } from '../mesh/istio/proxy.ts';
import { gatewayPods } from './gateway-pods.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

interface Group {
  readonly preferredVersion: { readonly groupVersion: string };
}

interface ServedResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs?: readonly string[];
}

/** Where objects of each kind that can be listed are: all of the cluster's own, and those in a namespace. */
async function collections(client: Cluster, namespace: string): Promise<string[]> {
  const { groups = [] } = (await client.request('GET', '/apis')) as { readonly groups?: readonly Group[] };
  const roots = [
    '/api/v1',
    ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
  const lists = await Promise.all(
    roots.map(async (root) => {
      const { resources = [] } = (await client.request('GET', root)) as {
        readonly resources?: readonly ServedResource[];
      };
      return resources
        .filter(({ name, verbs }) => !name.includes('/') && verbs?.includes('list') !== false)
        .map(({ name, namespaced }) => `${root}/${namespaced ? `namespaces/${namespace}/` : ''}${name}`);
    }),
  );
  return lists.flat();
}

interface Objects {
  readonly there: readonly string[];
  /** Kinds that this user may not list. */
  readonly unseen: readonly string[];
}

/**
 * Objects in a namespace, and objects of the whole cluster that name it. Those of a kind that this user may not list were
 * not made by it: to look at them it would need the right to read all that is in the cluster.
 */
async function objectsOf(client: Cluster, namespace: string): Promise<Objects> {
  const paths = await collections(client, namespace);
  const unseen: string[] = [];
  const found = await Promise.all(
    paths.map(async (path) => {
      const kind = path.slice(path.lastIndexOf('/') + 1);
      const { items = [] } = (await client.request('GET', path).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 403) throw error;
        unseen.push(kind);
        return {};
      })) as { items?: readonly KubernetesObject[] };
      return items
        .filter((item) => JSON.stringify(item).includes(namespace))
        .map(({ metadata }) => `${kind}/${metadata.name}`);
    }),
  );
  return { there: found.flat(), unseen: unseen.sort() };
}

/** Ways in which a gateway's proxy still knows services of a namespace: clusters, and chains of its listeners. */
async function knownToGateway(scene: Scene, cluster: ScenarioCluster): Promise<string[]> {
  const gateway = scene.context.mesh.clusters[cluster.name]?.eastWestGateway;
  if (gateway === null || gateway === undefined) return [];
  const { client } = cluster.member;
  const pods = await gatewayPods(client, gateway);
  const known = await Promise.all(
    pods.flatMap(({ metadata: { name: pod } }) =>
      ['clusters?format=json', 'config_dump?resource=dynamic_listeners'].map(async (path) => {
        const answer = await askProxy(client, { namespace: gateway.namespace, pod }, path);
        const hosts = JSON.stringify(answer).match(
          new RegExp(`[\\w.|-]*\\.${scene.namespace}\\.svc[\\w.]*`, 'g'),
        );
        return [...new Set(hosts ?? [])];
      }),
    ),
  );
  return known.flat();
}

/** Endpoints and proxies of a namespace that a cluster's control plane still has. */
async function knownToControlPlane(scene: Scene, { member }: ScenarioCluster): Promise<string[]> {
  const [endpoints, proxies] = await Promise.all([
    endpointsInNamespace(member.client, scene.namespace),
    connectedProxies(member.client),
  ]);
  return [
    ...Object.entries(endpoints).map(([host, count]) => `${String(count)} endpoints of ${host}`),
    ...proxies.map(({ proxy }) => proxy).filter((proxy) => proxy.endsWith(`.${scene.namespace}`)),
  ];
}

const counted = (found: readonly string[]): string =>
  found.length === 0
    ? 'none'
    : `${String(found.length)} (${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''})`;

/** What a cluster has of the scenario's namespace: its objects, what its control plane and its gateway know. */
export interface Traces extends Omit<Finding, 'holds'> {
  readonly nothing: boolean;
  /** Some of each kind: whoever looks would see it. */
  readonly ofEachKind: boolean;
}

/** Looks for whatever a cluster has of the scenario's namespace. */
export async function tracesOf(scene: Scene, cluster: ScenarioCluster): Promise<Traces> {
  const [objects, controlPlane, gateway] = await Promise.all([
    objectsOf(cluster.member.client, scene.namespace),
    knownToControlPlane(scene, cluster),
    knownToGateway(scene, cluster),
  ]);
  const { there, unseen } = objects;
  const all = [there, controlPlane, gateway];
  return {
    nothing: all.every(({ length }) => length === 0),
    ofEachKind: all.every(({ length }) => length > 0),
    seen: `${cluster.name} has objects of ${scene.namespace}: ${counted(there)}; known to its control plane: ${counted(controlPlane)}, to its gateway: ${counted(gateway)}${unseen.length === 0 ? '' : `; of kinds that may not be listed, and were not looked at: ${counted(unseen)}`}`,
    figures: {
      objects: there.length,
      kindsNotLookedAt: unseen.length,
      inControlPlane: controlPlane.length,
      inGateway: gateway.length,
    },
  };
}

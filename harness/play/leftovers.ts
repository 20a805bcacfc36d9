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

/** Groups whose objects of the whole cluster a mesh, or an application in it, is made of. */
const JUDGED_GROUPS =
  /(^|\.)istio\.io$|^gateway\.networking\.k8s\.io$|^(rbac\.authorization|admissionregistration)\.k8s\.io$/;

/** Objects of one kind. */
interface Collection {
  readonly path: string;
  readonly kind: string;
  /**
   * To have some is a finding. Objects of the whole cluster of other groups are kept by others, who tidy up when they like:
   * a CiliumIdentity has the namespace among its labels and stays for half an hour after its last pod.
   */
  readonly isJudged: boolean;
}

function isJudged(root: string, { name, namespaced }: ServedResource): boolean {
  const [, kindOfRoot, group = ''] = root.split('/');
  return namespaced || (kindOfRoot === 'api' ? name === 'namespaces' : JUDGED_GROUPS.test(group));
}

/** Where objects of each kind that can be listed are: all of the cluster's own, and those in a namespace. */
async function collections(client: Cluster, namespace: string): Promise<Collection[]> {
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
        .map((resource) => ({
          path: `${root}/${resource.namespaced ? `namespaces/${namespace}/` : ''}${resource.name}`,
          kind: resource.name,
          isJudged: isJudged(root, resource),
        }));
    }),
  );
  return lists.flat();
}

interface Objects {
  readonly there: readonly string[];
  /** Objects that name the namespace, and are not of the mesh nor of what runs in it. */
  readonly ofOthers: readonly string[];
  /** Kinds that this user may not list. */
  readonly unseen: readonly string[];
}

/**
 * Objects in a namespace, and objects of the whole cluster that name it. Those of a kind that this user may not list were
 * not made by it: to look at them it would need the right to read all that is in the cluster.
 */
async function objectsOf(client: Cluster, namespace: string): Promise<Objects> {
  const unseen: string[] = [];
  const found = await Promise.all(
    (await collections(client, namespace)).map(async ({ path, kind, isJudged: judged }) => {
      const { items = [] } = (await client.request('GET', path).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 403) throw error;
        unseen.push(kind);
        return {};
      })) as { items?: readonly KubernetesObject[] };
      return items
        .filter((item) => JSON.stringify(item).includes(namespace))
        .map(({ metadata }) => ({ judged, name: `${kind}/${metadata.name}` }));
    }),
  );
  const namesOf = (which: boolean): string[] =>
    found.flat().flatMap(({ judged, name }) => (judged === which ? [name] : []));
  return { there: namesOf(true), ofOthers: namesOf(false), unseen: unseen.sort() };
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
  const { there, ofOthers, unseen } = objects;
  const told = (what: string, found: readonly string[]): string =>
    found.length === 0 ? '' : `; ${what}: ${counted(found)}`;
  const all = [there, controlPlane, gateway];
  return {
    nothing: all.every(({ length }) => length === 0),
    ofEachKind: all.every(({ length }) => length > 0),
    seen:
      `${cluster.name} has objects of ${scene.namespace}: ${counted(there)}; known to its control plane: ${counted(controlPlane)}, ` +
      `to its gateway: ${counted(gateway)}${told('not of the mesh, and not judged', ofOthers)}` +
      told('of kinds that may not be listed, and were not looked at', unseen),
    figures: {
      objects: there.length,
      objectsOfOthers: ofOthers.length,
      kindsNotLookedAt: unseen.length,
      inControlPlane: controlPlane.length,
      inGateway: gateway.length,
    },
  };
}

import { kubectl } from '../cluster/kubeconfig.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { idOf } from '../mesh/cluster-id.ts';
import { atLeast, formatVersion, readVersion, type Version } from '../provider/preflight/version.ts';
import { groupBy } from '../report/group.ts';
import { overlaps, parseCidr, type Cidr } from '../topology/cidr.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import { IN_THE_WAY } from './precondition.ts';
import type { Finding } from './stage.ts';

/** What Istio's current releases support reaches back to here: https://istio.io/latest/docs/releases/supported-releases/ */
const OLDEST: Version = [1, 30, 0];

interface Node extends KubernetesObject {
  readonly spec?: {
    readonly podCIDRs?: readonly string[];
    readonly taints?: readonly { readonly effect?: string }[];
  };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

interface Service extends KubernetesObject {
  readonly spec?: { readonly clusterIP?: string };
}

interface Pod extends KubernetesObject {
  readonly spec?: { readonly hostNetwork?: boolean };
  readonly status?: { readonly phase?: string; readonly podIP?: string };
}

/** Addresses that belong to a part of a cluster. */
interface Range {
  readonly of: 'pods' | 'Services' | 'nodes';
  readonly cluster: string;
  readonly network: string | null;
  /** The part and its cluster, in words. */
  readonly owner: string;
  readonly cidr: Cidr;
  /** One of many of the same owner: they are told by their number. */
  readonly isOneOfMany?: boolean;
}

/**
 * Is it in the way of the mesh that these overlap? A Service is called at the addresses of its pods, and only proxies of its own
 * cluster ever see its address; pods of another network are called at its gateway.
 */
function isInTheWay(one: Range, other: Range): boolean {
  if (one.cluster === other.cluster) return true;
  if (one.of === 'Services' && other.of === 'Services') return false;
  return one.network === other.network || one.of === 'nodes' || other.of === 'nodes';
}

/** Whether clusters can become one mesh at all: looked at and probed, not believed. */
export class Fitness {
  readonly #cluster: ScenarioCluster;

  constructor(cluster: ScenarioCluster) {
    this.#cluster = cluster;
  }

  /** No two of them share an address of a pod, a Service or a node. */
  async rangesAreDisjoint(...clusters: readonly ScenarioCluster[]): Promise<Finding> {
    const ranges = (await Promise.all(clusters.map(rangesOf))).flat();
    const clashes = ranges.flatMap((later, index) =>
      ranges
        .slice(0, index)
        .filter(({ cidr }) => overlaps(cidr, later.cidr))
        .map((earlier) => ({
          text: `${later.cidr.text} (${later.owner}) overlaps ${earlier.cidr.text} (${earlier.owner})`,
          inTheWay: isInTheWay(earlier, later),
        })),
    );
    const inTheWay = clashes.filter((clash) => clash.inTheWay).length;
    const harmless =
      inTheWay === 0 ? '; the mesh can do with it, and the rest of the suite is played all the same' : '';
    const pods = [
      ...groupBy(
        ranges.filter(({ isOneOfMany }) => isOneOfMany),
        ({ owner }) => owner,
      ),
    ].map(
      ([owner, each]) =>
        `${owner} ${String(each.length)} addresses, for the nodes tell no range of their pods`,
    );
    const told = ranges.filter(({ isOneOfMany }) => !isOneOfMany);
    const all = [...told.map(({ owner, cidr }) => `${owner} ${cidr.text}`), ...pods].join(', ');
    return {
      holds: ranges.length > 0 && clashes.length === 0,
      seen:
        clashes.length === 0
          ? `no two ${pods.length === 0 ? '' : 'that are known '}overlap: ${all}`
          : `${clashes.map(({ text }) => text).join('; ')}${harmless}`,
      figures: { ranges: ranges.length, overlaps: clashes.length, [IN_THE_WAY]: inTheWay },
    };
  }

  async versionsAreSupported(...clusters: readonly ScenarioCluster[]): Promise<Finding> {
    const found = await Promise.all(
      clusters.map(async ({ name, member }) => ({ name, text: await member.client.version() })),
    );
    const old = found.filter(({ text }) => {
      const version = readVersion(text);
      return version === undefined || !atLeast(version, OLDEST);
    });
    return {
      holds: old.length === 0,
      seen: `${found.map(({ name, text }) => `${name} ${text}`).join(', ')}; expected ${formatVersion(OLDEST)} or later`,
    };
  }

  /** The mesh knows each of them by a name of its own. */
  namesAreUnique(...clusters: readonly ScenarioCluster[]): Promise<Finding> {
    // A name that nothing tells is a look that failed, not one that throws at whoever asks.
    return Promise.resolve().then(() => {
      const known = clusters.map(({ name, mesh }) => ({ name, id: idOf(mesh) }));
      return {
        holds: new Set(known.map(({ id }) => id)).size === known.length,
        seen: `the mesh knows ${known.map(({ name, id }) => `${name} as ${id}`).join(', ')}`,
      };
    });
  }

  /** Nodes that take any pod: how many the least of the clusters has, and all of them in words. */
  async workers(...clusters: readonly ScenarioCluster[]): Promise<{ least: number; told: string }> {
    const counts = await Promise.all(
      clusters.map(async (cluster) => {
        const closed = ({ spec }: Node): boolean =>
          spec?.taints?.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute') ?? false;
        const nodes = (await nodesOf(cluster)).filter((node) => !closed(node));
        return { name: cluster.name, count: nodes.length };
      }),
    );
    return {
      least: Math.min(...counts.map(({ count }) => count)),
      told: counts.map(({ name, count }) => `${name} has ${String(count)}`).join(', '),
    };
  }

  /** Both ways: on one network pod to pod, else to each other's gateway. */
  async isConnectedWith(other: ScenarioCluster): Promise<Finding> {
    const here = this.#cluster;
    const isFlat = here.mesh.network === other.mesh.network;
    const ways = await Promise.all(
      isFlat
        ? [here.reachesPodIn(other, 'prober'), other.reachesPodIn(here, 'prober')]
        : [other.gateway.isReachableFrom(here), here.gateway.isReachableFrom(other)],
    );
    return {
      holds: ways.every(({ holds }) => holds),
      seen: ways.map(({ seen }) => seen).join('; '),
    };
  }
}

const nodesOf = ({ member }: ScenarioCluster): Promise<Node[]> =>
  member.client.list<Node>({ apiVersion: 'v1', kind: 'Node' });

/** As far as a cluster tells: what its nodes have for pods, its own Service's address, and its nodes' addresses. */
async function rangesOf(cluster: ScenarioCluster): Promise<Range[]> {
  const { name, member } = cluster;
  const [nodes, api] = await Promise.all([
    nodesOf(cluster),
    member.client.get<Service>({
      apiVersion: 'v1',
      kind: 'Service',
      namespace: 'default',
      name: 'kubernetes',
    }),
  ]);
  const services = (owner: string, text: string): Range[] => rangesIn(cluster, 'Services', { owner, text });
  const declared = services(`Services of ${name}`, member.topology.serviceSubnet);
  const own = services(`Service kubernetes of ${name}`, hostRange(api?.spec?.clusterIP ?? ''));
  // The range of Services cannot be asked for: the topology's is believed where the address that is known lies in it.
  const isDeclared = declared.some(({ cidr }) => own.some((one) => overlaps(cidr, one.cidr)));
  const addresses = nodes.flatMap(({ status }) =>
    (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  );
  return [
    ...(await podRangesOf(cluster, nodes)),
    ...(isDeclared ? declared : own),
    ...addresses.flatMap((address) =>
      rangesIn(cluster, 'nodes', { owner: `node of ${name}`, text: hostRange(address) }),
    ),
  ];
}

/** What nodes have for pods, unless pods have other addresses: Kubernetes may give nodes ranges that no network uses. */
async function podRangesOf(cluster: ScenarioCluster, nodes: readonly Node[]): Promise<Range[]> {
  const told = nodes
    .flatMap(({ spec }) => spec?.podCIDRs ?? [])
    .flatMap((text) => rangesIn(cluster, 'pods', { owner: `pods of ${cluster.name}`, text }));
  if (told.length === 0) return podsOf(cluster);
  const pods = await podsOf(cluster).catch(() => []);
  const isUsed = pods.every((pod) => told.some(({ cidr }) => overlaps(cidr, pod.cidr)));
  return isUsed ? told : pods;
}

/**
 * Some networks give pods addresses without telling the nodes which (https://docs.cilium.io/en/stable/network/concepts/ipam/cluster-pool/):
 * then there are the pods that run.
 * @throws if no pod has an address of its own
 */
async function podsOf(cluster: ScenarioCluster): Promise<Range[]> {
  const { name, member } = cluster;
  const pods = await member.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' });
  const found = pods
    .filter(({ spec, status }) => spec?.hostNetwork !== true && status?.phase === 'Running')
    .flatMap(({ status }) =>
      rangesIn(cluster, 'pods', { owner: `pods of ${name}`, text: hostRange(status?.podIP ?? '') }),
    );
  if (found.length === 0) {
    throw new Error(
      `neither nodes (spec.podCIDRs) nor pods of ${name} tell an address of a pod; look: ` +
        `${kubectl(member.client)} get pods -A -o wide`,
    );
  }
  return found.map((range) => ({ ...range, isOneOfMany: true }));
}

const hostRange = (address: string): string => `${address}/${address.includes(':') ? '128' : '32'}`;

function rangesIn(
  { name, mesh }: ScenarioCluster,
  of: Range['of'],
  { owner, text }: { readonly owner: string; readonly text: string },
): Range[] {
  const parsed = parseCidr(text);
  return 'cidr' in parsed ? [{ of, cluster: name, network: mesh.network, owner, cidr: parsed.cidr }] : [];
}

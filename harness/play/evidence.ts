import { PROXY } from '../mesh/istio/injected.ts';
import { kubectl } from '../cluster/kubeconfig.ts';
import { isServing } from '../cluster/pods.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { watchedClusters } from '../mesh/istio/control-plane.ts';
import { meshWideIn } from '../mesh/preflight/mesh-wide.ts';
import { SYSTEM_NAMESPACE } from '../mesh/istio/settings.ts';
import { certificatesIn } from '../mesh/istio/proxy.ts';
import type { Member } from '../mesh/types.ts';
import { bounded } from '../wait/wait.ts';
import type { ClusterEvidence, PodSeen, RouteSeen } from './hints.ts';

const DEADLINE_MS = 20_000;
const NETWORKING = 'networking.istio.io/v1';

/** What hints go by, read from one cluster. What cannot be read in time, or before the signal, is left out. */
export async function evidenceFrom(
  member: Member,
  namespace: string,
  signal?: AbortSignal,
): Promise<ClusterEvidence> {
  const onTimeout = (): Error => new Error('no answer in time');
  const readable = <T>(look: () => Promise<T>): Promise<T | undefined> =>
    bounded({ timeoutMs: DEADLINE_MS, signal, onTimeout }, look).catch(() => undefined);
  const { client, provided, topology } = member;
  const pods =
    (await readable(() => client.list<PodObject>({ apiVersion: 'v1', kind: 'Pod', namespace }))) ?? [];
  const list = (kind: string, where: { readonly namespace?: string }): Promise<KubernetesObject[]> =>
    client.list({ apiVersion: NETWORKING, kind, ...where });
  const [watched, roots, routes, gateways, meshWide] = await Promise.all([
    readable(() => watchedClusters(client)),
    readable(() => rootsIn(member, namespace, pods)),
    readable(() => list('VirtualService', { namespace })),
    // They lie where their authors put them, often beside the gateway itself.
    readable(() => list('Gateway', {})),
    readable(() => meshWideIn(client, [SYSTEM_NAMESPACE])),
  ]);
  return {
    cluster: topology.name,
    network: topology.network,
    kubectl: kubectl(provided),
    namespace,
    pods: pods.filter(isInjected).map(podSeen),
    watched,
    roots,
    meshWide,
    routes: routes?.map(routeSeen),
    // What a remote cluster's gateway passes on is read from its primary.
    passThroughGateways:
      topology.role === 'remote'
        ? undefined
        : gateways?.filter((gateway) => JSON.stringify(gateway).includes('"AUTO_PASSTHROUGH"')).length,
  };
}

/** Roots that the first ready proxy checks others against. */
async function rootsIn(
  { client }: Member,
  namespace: string,
  pods: readonly PodObject[],
): Promise<readonly string[] | undefined> {
  const proxied = pods.find((pod) => isServing(pod) && podSeen(pod).containers.includes(PROXY));
  if (proxied === undefined) return undefined;
  const held = await certificatesIn(client, { namespace, pod: proxied.metadata.name });
  return [...new Set(held.flatMap((certificate) => certificate.roots))];
}

interface PodObject extends KubernetesObject {
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string } };
    }[];
  };
}

/** Some pods are not to have a proxy. */
const isInjected = ({ metadata }: PodObject): boolean =>
  metadata.labels?.['sidecar.istio.io/inject'] !== 'false' && metadata['deletionTimestamp'] === undefined;

const podSeen = (pod: PodObject): PodSeen => ({
  name: pod.metadata.name,
  ready: isServing(pod),
  containers: [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name }) => name),
  waiting: (pod.status?.containerStatuses ?? []).flatMap(({ state }) => state?.waiting?.reason ?? []),
});

interface Route {
  readonly route?: readonly {
    readonly destination?: { readonly host?: string; readonly subset?: string };
    readonly weight?: number;
  }[];
  readonly fault?: {
    readonly abort?: { readonly httpStatus?: number; readonly percentage?: { readonly value?: number } };
  };
}

function routeSeen({ metadata, spec }: KubernetesObject & { readonly spec?: unknown }): RouteSeen {
  const { hosts = [], http = [] } = (spec ?? {}) as {
    readonly hosts?: readonly string[];
    readonly http?: readonly Route[];
  };
  return { name: metadata.name, hosts, shares: http.map(inWords).join('; ') || 'nowhere' };
}

function inWords({ route = [], fault }: Route): string {
  const shares = route.map(({ destination, weight }) => {
    const subset = destination?.subset === undefined ? '' : ` ${destination.subset}`;
    return `${destination?.host ?? '?'}${subset}${route.length > 1 ? ` ${String(weight ?? 0)} %` : ''}`;
  });
  const abort = fault?.abort;
  const aborted =
    abort === undefined
      ? []
      : [`answering ${String(abort.httpStatus ?? '?')} to ${String(abort.percentage?.value ?? '?')} %`];
  return [...shares, ...aborted].join(', ');
}

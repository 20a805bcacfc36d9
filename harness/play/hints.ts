import { PROXY } from '../mesh/istio/injected.ts';
import type { WatchedCluster } from '../mesh/istio/control-plane.ts';
import type { MeshWide } from '../mesh/preflight/mesh-wide.ts';
import { REMOTE_SECRETS } from '../mesh/istio/remote-secret.ts';

/** A pod as far as hints go by it. */
export interface PodSeen {
  readonly name: string;
  readonly ready: boolean;
  readonly containers: readonly string[];
  /** Why a container waits, e.g. `ImagePullBackOff`; empty when none does. */
  readonly waiting: readonly string[];
}

/** A VirtualService: how it shares out the calls to its hosts, in words. */
export interface RouteSeen {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly shares: string;
}

/** What was found in one cluster when a check was not conformant. What could not be read is undefined: it proves nothing. */
export interface ClusterEvidence {
  readonly cluster: string;
  readonly network: string;
  /** `kubectl` with the options that lead to this cluster. */
  readonly kubectl: string;
  readonly namespace: string;
  readonly pods: readonly PodSeen[];
  readonly watched: readonly WatchedCluster[] | undefined;
  /** Serial numbers of the roots that its proxies check others against. */
  readonly roots: readonly string[] | undefined;
  readonly routes: readonly RouteSeen[] | undefined;
  /** How many Gateways, in all namespaces, pass on mutual TLS from other networks. */
  readonly passThroughGateways: number | undefined;
  /** Policies for the whole mesh, and the command that shows them. */
  readonly meshWide: MeshWide | undefined;
}

/**
 * From what was found to the likely cause, each with a command to look. Only what the evidence shows; nothing is
 * suggested of what could not be read.
 */
export function hintsFrom(clusters: readonly ClusterEvidence[]): string[] {
  return [
    ...clusters.flatMap(podHints),
    ...clusters.flatMap((cluster) => discoveryHints(cluster, clusters)),
    ...trustHints(clusters),
    ...clusters.flatMap((cluster) => gatewayHints(cluster, clusters)),
    ...clusters.flatMap(routeHints),
    ...clusters.flatMap(meshWideHints),
  ];
}

function podHints({ cluster, kubectl, namespace, pods }: ClusterEvidence): string[] {
  const look = `${kubectl} -n ${namespace} get pods`;
  const troubled = pods.filter(({ ready }) => !ready);
  const reasons = [...new Set(troubled.flatMap(({ waiting }) => waiting))].join(', ') || 'no reason given';
  const bare = pods.filter(({ containers }) => !containers.includes(PROXY));
  return [
    ...(troubled.length === 0
      ? []
      : [
          `${String(troubled.length)} of ${String(pods.length)} pods in ${cluster} are not ready (${reasons}): ${look}`,
        ]),
    ...(bare.length === 0
      ? []
      : [
          `${names(bare)} in ${cluster} run without a proxy: was injection off when they were made? ${look} --show-labels`,
        ]),
  ];
}

function discoveryHints(
  { cluster, kubectl, watched }: ClusterEvidence,
  all: readonly ClusterEvidence[],
): string[] {
  if (watched === undefined) return [];
  // Each pod of a control plane tells what it watches.
  const remote = watched.filter(({ secretName }) => secretName !== '');
  const count = new Set(remote.map(({ id }) => id)).size;
  const unsynced = remote.filter(({ syncStatus }) => syncStatus !== 'synced');
  const look = `${kubectl} -n istio-system get secrets -l ${REMOTE_SECRETS}`;
  if (unsynced.length > 0) {
    const states = [...new Set(unsynced.map(({ id, syncStatus }) => `${id}: ${syncStatus}`))].join(', ');
    return [
      `the control plane of ${cluster} cannot read other clusters (${states}): is the remote secret's token valid, and its address one that istiod reaches? ${look}`,
    ];
  }
  if (count >= all.length - 1) return [];
  return [
    `the control plane of ${cluster} watches ${String(count)} of ${String(all.length - 1)} other clusters: a remote secret is missing. ${look}`,
  ];
}

function trustHints(clusters: readonly ClusterEvidence[]): string[] {
  const known = clusters.filter(({ roots }) => roots !== undefined && roots.length > 0);
  const [first, ...others] = known;
  if (first === undefined) return [];
  return others
    .filter(({ roots }) => !(roots ?? []).some((root) => first.roots?.includes(root)))
    .map(
      ({ cluster, kubectl }) =>
        `proxies in ${first.cluster} and in ${cluster} trust different roots, so they refuse each other's certificates: compare cacerts, and restart pods that are older than it. ${kubectl} -n istio-system get secret cacerts -o jsonpath='{.data.root-cert\\.pem}'`,
    );
}

function gatewayHints(
  { cluster, kubectl, network, passThroughGateways }: ClusterEvidence,
  all: readonly ClusterEvidence[],
): string[] {
  const crossed = all.some((other) => other.network !== network);
  if (!crossed || passThroughGateways !== 0) return [];
  return [
    `no Gateway in ${cluster} passes calls on from other networks (TLS mode AUTO_PASSTHROUGH): ${kubectl} get gateways.networking.istio.io -A`,
  ];
}

function routeHints({ cluster, kubectl, namespace, routes = [] }: ClusterEvidence): string[] {
  return routes.map(
    ({ name, hosts, shares }) =>
      `a VirtualService is in force in ${cluster}: ${name} sends ${hosts.join(', ')} to ${shares}. ${kubectl} -n ${namespace} get virtualservices -o yaml`,
  );
}

function meshWideHints({ cluster, meshWide }: ClusterEvidence): string[] {
  if (meshWide === undefined || meshWide.policies.length === 0) return [];
  return [
    `policies for the whole mesh are in force in ${cluster}: ${meshWide.policies.join(', ')}. ${meshWide.command}`,
  ];
}

const names = (pods: readonly PodSeen[]): string => pods.map(({ name }) => name).join(', ');

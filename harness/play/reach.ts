import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../cluster/types.ts';
import { REMOTE_SECRETS } from '../mesh/istio/remote-secret.ts';
import { isLoopback } from '../mesh/loopback.ts';
import { remoteAccessHeld } from '../mesh/preflight/remote-secrets.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

/** What a prober asks, by hand: see fixtures/programs/tls-probe.js. */
export interface Knock {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  /** The Host header. @default host */
  readonly authority?: string;
  /** With a server name (SNI) the prober speaks TLS, without one plaintext. */
  readonly serverName?: string;
  /** ALPN. @default the mesh's own */
  readonly protocols?: readonly string[];
  /** A file in the prober's pod, or PEM. */
  readonly certificate?: string;
  readonly key?: string;
}

/** What became of it. */
export interface KnockOutcome {
  readonly host: string;
  readonly connected: boolean;
  /** Names in the server's certificate. */
  readonly server: string | null;
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  readonly failure: string | null;
}

/** The same call many times, each over a connection of its own, at these hosts in turn. */
export interface Knocks extends Omit<Knock, 'host'> {
  readonly hosts: readonly string[];
  readonly times: number;
}

/** Time for one exec of the prober, in milliseconds: a call that nobody answers takes 5 s, and they do not wait for each other. */
const PROBER_MS = 20_000;

/**
 * A prober pod makes these calls, one order after the other, and tells of each order what became of its calls. Its traffic
 * does not go through its proxy.
 *
 * @throws Error if the prober says nothing
 */
export async function knockOften(
  scene: Scene,
  from: ScenarioCluster,
  orders: readonly Knocks[],
): Promise<KnockOutcome[][]> {
  const { stdout, stderr } = await from.exec({
    namespace: scene.namespace,
    pod: await from.readyPod('prober'),
    container: 'prober',
    command: ['node', '-', JSON.stringify(orders)],
    stdin: readFileSync(join(scene.context.appsDirectory, '..', 'programs', 'tls-probe.js'), 'utf8'),
    timeoutMs: PROBER_MS,
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('['))
    throw new Error(`the prober in ${from.name} said nothing: ${stderr.trim().slice(-200)}`);
  return JSON.parse(line) as KnockOutcome[][];
}

/** A prober pod asks once. @throws Error if the prober says nothing */
export async function knock(scene: Scene, from: ScenarioCluster, target: Knock): Promise<KnockOutcome> {
  const { host, ...how } = target;
  const outcomes = await knockOften(scene, from, [{ ...how, hosts: [host], times: 1 }]);
  const [outcome] = outcomes.flat();
  if (outcome === undefined) throw new Error(`the prober in ${from.name} told of no call`);
  return outcome;
}

/** An outcome in a few words. */
export const told = ({ status, failure, connected }: KnockOutcome): string =>
  status !== null
    ? `HTTP ${String(status)}`
    : `${connected ? 'connected, then ' : ''}${failure ?? 'nothing'}`;

interface Pod extends KubernetesObject {
  readonly status?: { readonly podIP?: string };
}

/** The address of an application's pod. */
export async function addressOfPod(scene: Scene, cluster: ScenarioCluster, app: string): Promise<string> {
  const name = await cluster.readyPod(app);
  const { namespace } = scene;
  const pod = await cluster.member.client.get<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, name });
  const address = pod?.status?.podIP;
  if (address === undefined) throw new Error(`pod ${name} in ${cluster.name} has no address`);
  return address;
}

/**
 * The API server of a cluster as pods of other clusters reach it: what the provider says, else the address by which a
 * control plane of the mesh reads it, else that of its kubeconfig.
 *
 * @throws Error if that is an address for one machine alone: then nothing can be said of the clusters
 */
export async function apiServerForPeers(
  scene: Scene,
  { member, mesh, kubeconfig }: ScenarioCluster,
): Promise<URL> {
  const { serverForPeers } = member.provided;
  if (serverForPeers !== undefined) return new URL(serverForPeers);
  const held = await Promise.all(scene.members.map(({ client }) => remoteAccessHeld(client).catch(() => [])));
  const found = held
    .flat()
    .find(({ clusterId, server }) => clusterId === mesh.clusterId && server !== undefined);
  const server = found?.server ?? member.client.server;
  if (isLoopback(server))
    throw new Error(
      `expected an address of the API server of ${member.topology.name} that other clusters can reach; found ${server} in ${kubeconfig}, and no remote secret with another. See: kubectl -n istio-system get secrets -l ${REMOTE_SECRETS}`,
    );
  return new URL(server);
}

/** A prober in a cluster gets to a pod in another one at its own address: networks let it through. */
export async function reachesPod(
  scene: Scene,
  from: ScenarioCluster,
  to: { readonly cluster: ScenarioCluster; readonly app: string },
): Promise<Finding> {
  const host = await addressOfPod(scene, to.cluster, to.app);
  // Where the proxy beside the application says that it is ready: no policy of the mesh applies there.
  const outcome = await knock(scene, from, { host, port: 15021, path: '/healthz/ready' });
  return {
    holds: outcome.status === 200,
    seen: `a pod in ${from.name} asked ${host}:15021, a pod of ${to.cluster.name}: ${told(outcome)}`,
  };
}

/** A prober in a cluster gets an answer from another one's API server, whether or not it is let in. */
export async function reachesApiServer(
  scene: Scene,
  from: ScenarioCluster,
  to: ScenarioCluster,
): Promise<Finding> {
  const url = await apiServerForPeers(scene, to);
  const port = url.port === '' ? 443 : Number(url.port);
  // URLs have IPv6 addresses in brackets; connections are made to the address itself.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const where = { host, port, serverName: host, authority: url.host, protocols: ['http/1.1'] };
  const outcome = await knock(scene, from, { ...where, path: '/version' });
  return {
    holds: outcome.status !== null,
    seen: `a pod in ${from.name} asked ${url.host}, the API server of ${to.name}: ${told(outcome)}`,
  };
}

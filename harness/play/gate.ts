import { isServing } from '../cluster/pods.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { watchedClusters } from '../mesh/istio/control-plane.ts';
import { endpointsIn, outbound, passesOn, type Endpoint, type ProxyPod } from '../mesh/istio/proxy.ts';
import type { Member, MeshFacts } from '../mesh/types.ts';
import type { GateRecord } from '../report/types.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';
import { gatewayPods } from './gateway-pods.ts';

/** How long a mesh may take to bring a change to a proxy before it is measured as it is. */
const PATIENCE_MS = 30_000;

/** A caller and the service that it is about to call. */
export interface GateSubject {
  readonly caller: Member;
  readonly proxy: ProxyPod;
  readonly members: readonly Member[];
  readonly mesh: MeshFacts;
  readonly service: { readonly name: string; readonly namespace: string; readonly port: number };
  readonly signal?: AbortSignal;
  /** Longest wait, in milliseconds. @default 30_000 */
  readonly patienceMs?: number;
}

/** Addresses at which a caller's proxy has to know a service; several for a gateway with several addresses. */
interface Wanted {
  readonly cluster: string;
  readonly anyOf: readonly string[];
  /** The gateway's, where calls cross networks. */
  readonly gatewayPort: number | null;
  /** The gateway that has to pass calls on, if they cross networks. */
  readonly through: Member | null;
}

interface Service extends KubernetesObject {
  readonly spec?: { readonly selector?: Readonly<Record<string, string>> };
}

interface Pod extends KubernetesObject {
  readonly status?: { readonly podIP?: string };
}

async function servingPods(member: Member, service: GateSubject['service']): Promise<string[]> {
  const { name, namespace } = service;
  const found = await member.client.get<Service>({ apiVersion: 'v1', kind: 'Service', name, namespace });
  const selector = Object.entries(found?.spec?.selector ?? {});
  if (selector.length === 0) return [];
  const labelSelector = selector.map(([key, value]) => `${key}=${value}`).join(',');
  const pods = await member.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
  return pods.filter(isServing).flatMap((pod) => pod.status?.podIP ?? []);
}

async function wantedIn(member: Member, subject: GateSubject): Promise<Wanted[]> {
  const pods = await servingPods(member, subject.service);
  if (pods.length === 0) return [];
  const { name } = member.topology;
  const here = subject.mesh.clusters[subject.caller.topology.name]?.network;
  const there = subject.mesh.clusters[name];
  if (there?.network === here)
    return pods.map((address) => ({ cluster: name, anyOf: [address], gatewayPort: null, through: null }));
  const { addresses = [], port = null } = there?.eastWestGateway ?? {};
  return [{ cluster: name, anyOf: addresses, gatewayPort: port, through: member }];
}

const isAddress = (text: string): boolean => /^[\d.]+$|:/.test(text);

function isThere(
  { anyOf, gatewayPort }: Wanted,
  all: readonly Wanted[],
  endpoints: readonly Endpoint[],
): boolean {
  const healthy = endpoints.filter((endpoint) => endpoint.healthy);
  if (healthy.some(({ address }) => anyOf.includes(address))) return true;
  if (anyOf.every(isAddress)) return false;
  // A gateway known by its hostname shows up under whatever addresses that resolves to: at its port, and nobody else's.
  const known = new Set(all.flatMap((one) => one.anyOf));
  return healthy.some(({ address, port }) => port === gatewayPort && !known.has(address));
}

const shown = ({ address, port, weight, healthy }: Endpoint): string =>
  `${address}:${String(port)} weight ${String(weight)}${healthy ? '' : ' unhealthy'}`;

async function gatewaysOf({ topology, client }: Member, mesh: MeshFacts): Promise<ProxyPod[]> {
  const gateway = mesh.clusters[topology.name]?.eastWestGateway ?? null;
  if (gateway === null) return [];
  const pods = await gatewayPods(client, gateway);
  return pods.map(({ metadata }) => ({ namespace: gateway.namespace, pod: metadata.name }));
}

/** Control planes that are not told of other clusters know their own alone: the caller's, and its remotes. */
const isDiscovered = (cluster: Member['topology'], { caller, mesh }: GateSubject): boolean =>
  mesh.features.includes('endpoint-discovery') || cluster.primary === caller.topology.primary;

/** What is missing, in words; empty when the way is open. */
async function look(subject: GateSubject, saw: (endpoints: readonly string[]) => void): Promise<string[]> {
  const { caller, proxy, service, members, mesh } = subject;
  const host = `${service.name}.${service.namespace}.svc.cluster.local`;
  const target = { host, port: service.port };
  const known = members.filter(({ topology }) => isDiscovered(topology, subject));
  const [wanted, endpoints] = await Promise.all([
    Promise.all(known.map((member) => wantedIn(member, subject))).then((lists) => lists.flat()),
    endpointsIn(caller.client, proxy, outbound(target)).then((found) => found ?? []),
  ]);
  saw(endpoints.map(shown));
  const missing = wanted
    .filter((one) => !isThere(one, wanted, endpoints))
    .map(
      ({ cluster, anyOf }) =>
        `no healthy endpoint ${anyOf.join(' or ') || '(its gateway has no address)'} for ${cluster}`,
    );
  const addresses = new Set(wanted.flatMap(({ anyOf }) => anyOf));
  const hostnames = [...addresses].some((address) => !isAddress(address));
  const surplus = endpoints
    .filter(({ address }) => !hostnames && !addresses.has(address))
    .map(({ address }) => `stale endpoint ${address}`);
  return [...missing, ...surplus, ...(await unopened(wanted, target, mesh)), ...(await unsynced(subject))];
}

async function unopened(
  wanted: readonly Wanted[],
  target: { readonly host: string; readonly port: number },
  mesh: MeshFacts,
): Promise<string[]> {
  const gateways = wanted.flatMap(({ through }) => through ?? []);
  const problems = await Promise.all(
    gateways.map(async (member) => {
      try {
        const pods = await gatewaysOf(member, mesh);
        const passing = await Promise.all(pods.map((pod) => passesOn(member.client, pod, target)));
        return passing.length > 0 && passing.every(Boolean)
          ? []
          : [`the gateway of ${member.topology.name} does not pass on ${target.host}`];
      } catch (error) {
        // What else is missing is told all the same.
        const why = error instanceof Error ? error.message : String(error);
        return [`the gateway of ${member.topology.name} cannot be asked: ${why}`];
      }
    }),
  );
  return problems.flat();
}

/** Clusters of the run that the control plane has not read. A mesh may have others, which nothing here depends on. */
async function unsynced({ caller, members, mesh }: GateSubject): Promise<string[]> {
  if (!mesh.features.includes('control-plane-pods')) return [];
  const primary = members.find(({ topology }) => topology.name === caller.topology.primary) ?? caller;
  const ids = members.map(({ topology }) => mesh.clusters[topology.name]?.clusterId ?? null);
  const watched = await watchedClusters(primary.client);
  return watched
    .filter(({ syncStatus }) => syncStatus !== 'synced')
    .filter(({ id }) => ids.includes(null) || ids.includes(id))
    .map(({ id, syncStatus }) => `${id} is ${syncStatus} in the control plane of ${primary.topology.name}`);
}

/**
 * Waits until the caller's own proxy knows every place that serves, twice in a row. At its deadline the measurement is
 * taken all the same: a mesh that never converges has to be judged by what it does.
 */
export async function passGate(subject: GateSubject): Promise<GateRecord> {
  const started = performance.now();
  let endpoints: readonly string[] = [];
  let calm = 0;
  const finish = (reached: boolean, sawLast: string): GateRecord => ({
    reached,
    waitedMs: Math.round(performance.now() - started),
    sawLast,
    endpoints: [...endpoints],
  });
  try {
    await poll(
      {
        what: `endpoints in the proxy of ${subject.proxy.pod}`,
        timeoutMs: subject.patienceMs ?? PATIENCE_MS,
        intervalMs: 300,
        isTransient: () => true,
        signal: subject.signal,
      },
      async (saw) => {
        const missing = await look(subject, (found) => {
          endpoints = found;
        });
        saw(missing.join('; ') || 'all endpoints');
        calm = missing.length === 0 ? calm + 1 : 0;
        return calm >= 2 ? true : undefined;
      },
    );
    return finish(true, 'all endpoints');
  } catch (error) {
    if (error instanceof WaitTimeout) return finish(false, error.lastSaw);
    throw error;
  }
}

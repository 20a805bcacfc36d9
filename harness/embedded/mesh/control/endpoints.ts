/** Which endpoints a proxy is given for a service: its own network's pods, other networks' gateways, nearness. */
import { isDeepStrictEqual } from 'node:util';
import { type EndpointConfig, INBOUND_PORT, type Locality } from '../config.ts';
import type { ProxyNode } from '../proxy.ts';
import type { Model, ModelEndpoint, ModelService, NetworkGateway } from './registry.ts';
import { selects } from './fields.ts';
import type { TrafficPolicy } from './rules.ts';

/** What is asked for. */
export interface Wanted {
  readonly service: ModelService;
  readonly port: number;
  /** Labels of the subset; undefined: all. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly policy: TrafficPolicy;
}

/** Whether packets from a proxy get to an address of an endpoint. */
export type Reach = (
  node: ProxyNode,
  endpoint: { readonly address: string; readonly network: string },
) => boolean;

const isSameNetwork = (node: ProxyNode, network: string): boolean =>
  network === '' || node.network === '' || node.network === network;

/** The endpoints for a sidecar or an ingress gateway. */
export function endpointsFor(
  node: ProxyNode,
  wanted: Wanted,
  { model, reach }: { model: Model; reach: Reach },
): EndpointConfig[] {
  const matching = endpointsOf(wanted);
  const doors = (network: string): NetworkGateway[] =>
    model.gateways.filter((one) => one.network === network);
  // Weights are whole numbers: where a network has several doors, its endpoints are shared out among them.
  const scale = Math.max(
    1,
    ...matching.map(({ network }) => (isSameNetwork(node, network) ? 1 : doors(network).length)),
  );
  const found: EndpointConfig[] = [];
  const throughDoors = new Map<string, EndpointConfig>();
  for (const endpoint of matching) {
    const open = isSameNetwork(node, endpoint.network) ? [] : doors(endpoint.network);
    if (open.length === 0) {
      found.push({ ...direct(endpoint, wanted), weight: scale, reachable: reach(node, endpoint) });
    } else if (endpoint.viaInbound && wanted.policy.tls?.mode !== 'DISABLE') {
      // Gateways pass on by SNI, which plaintext has none of: istiod leaves those endpoints out.
      for (const door of open) addDoor(throughDoors, door, { endpoint, weight: scale / open.length });
    }
  }
  return byNearness(node, [...found, ...throughDoors.values()], wanted.policy);
}

/** The endpoints for the gateway of a network: those on it that mutual TLS can be passed on to. */
export const endpointsBehind = (node: ProxyNode, wanted: Wanted): EndpointConfig[] =>
  endpointsOf(wanted)
    .filter(({ network, viaInbound }) => viaInbound && isSameNetwork(node, network))
    .map((endpoint) => direct(endpoint, wanted));

const endpointsOf = ({ service, port, labels }: Wanted): ModelEndpoint[] =>
  service.endpoints.filter(
    (endpoint) =>
      endpoint.ports.has(port) &&
      (labels === undefined || Object.keys(labels).length === 0 || selects(labels, endpoint.labels)),
  );

/** What nothing makes special. */
const PLAIN = { weight: 1, priority: 0, localityWeight: 1, reachable: true };

function direct(endpoint: ModelEndpoint, { port, policy }: Wanted): EndpointConfig {
  const target = endpoint.ports.get(port) ?? port;
  const mode = policy.tls?.mode;
  return {
    ...PLAIN,
    address: endpoint.address,
    port: target,
    connectPort: endpoint.viaInbound ? INBOUND_PORT : target,
    locality: endpoint.locality,
    mutualTls: mode === undefined ? endpoint.viaInbound : mode === 'ISTIO_MUTUAL',
  };
}

function addDoor(
  doors: Map<string, EndpointConfig>,
  { address, port }: NetworkGateway,
  { endpoint, weight }: { readonly endpoint: ModelEndpoint; readonly weight: number },
): void {
  const { locality } = endpoint;
  const key = [address, port, locality.region, locality.zone].join('|');
  const total = (doors.get(key)?.weight ?? 0) + weight;
  doors.set(key, { ...PLAIN, address, port, connectPort: port, weight: total, locality, mutualTls: true });
}

/** Locality counts only with outlier detection, or where the rule distributes. */
function byNearness(node: ProxyNode, endpoints: EndpointConfig[], policy: TrafficPolicy): EndpointConfig[] {
  const settings = policy.loadBalancer?.localityLbSetting;
  if (settings?.enabled === false || node.locality.region === '') return endpoints;
  const shares = settings?.distribute?.find(({ from }) => isIn(node.locality, from))?.to;
  if (shares !== undefined) return distributed(endpoints, shares);
  if (policy.outlierDetection === undefined) return endpoints;
  const to = settings?.failover?.find(({ from }) => from === node.locality.region)?.to;
  const distances = endpoints.map(({ locality }) => distance(node.locality, locality, to));
  const levels = [...new Set(distances)].sort((a, b) => a - b);
  return endpoints.map((endpoint, index) => ({
    ...endpoint,
    priority: levels.indexOf(distances[index] ?? 0),
  }));
}

function distance(from: Locality, to: Locality, failover: string | undefined): number {
  if (from.region === to.region) return from.zone === to.zone ? 0 : 1;
  return failover === undefined || failover === to.region ? 2 : 3;
}

/** `region`, `region/*`, `region/zone`, `region/zone/*` or `*`. */
function isIn({ region, zone }: Locality, pattern: string): boolean {
  const [wantedRegion = '*', wantedZone = '*'] = pattern.split('/');
  return (wantedRegion === '*' || wantedRegion === region) && (wantedZone === '*' || wantedZone === zone);
}

/** A pattern's share goes to its localities by their endpoints; those that no pattern names get nothing. */
function distributed(
  endpoints: readonly EndpointConfig[],
  shares: Readonly<Record<string, number>>,
): EndpointConfig[] {
  const patternOf = ({ locality }: EndpointConfig): string | undefined =>
    Object.keys(shares).find((pattern) => isIn(locality, pattern));
  const weightOf = (some: readonly EndpointConfig[]): number =>
    some.reduce((sum, { weight }) => sum + weight, 0);
  return endpoints.flatMap((endpoint) => {
    const pattern = patternOf(endpoint);
    if (pattern === undefined) return [];
    const inPattern = endpoints.filter((other) => patternOf(other) === pattern);
    const beside = inPattern.filter(({ locality }) => isDeepStrictEqual(locality, endpoint.locality));
    const share = ((shares[pattern] ?? 0) * weightOf(beside)) / weightOf(inPattern);
    return [{ ...endpoint, localityWeight: share }];
  });
}

/** Groups of endpoints: a service's port as a whole and by subset, with the policy that DestinationRules give it. */
import type { ClusterConfig, EndpointConfig, OutlierConfig, Policy } from '../config.ts';
import type { Wanted } from './endpoints.ts';
import { fullHost, type ModelService } from './registry.ts';
import type { DestinationRule, Rules, TrafficPolicy } from './rules.ts';

const SYSTEM_NAMESPACE = 'istio-system';
/** Istio's defaults: https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
const CONNECT_TIMEOUT_MS = 10_000;
const OUTLIER = { consecutive5xx: 5, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 10 };

/** One group before its endpoints are known. */
export interface Destination extends Wanted {
  readonly subset: string;
}

/** `outbound|PORT|SUBSET|HOST` */
export const clusterName = (port: number, subset: string, host: string): string =>
  `outbound|${String(port)}|${subset}|${host}`;

/** `outbound_.PORT_.SUBSET_.HOST` */
export const serverNameOf = ({ port, subset, service }: Destination): string =>
  `outbound_.${String(port)}_.${subset}_.${service.host}`;

const matchesHost = (pattern: string, host: string): boolean =>
  pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) : pattern === host;

/** The rule for a service as its caller sees it: of the caller's namespace, else the service's, else the mesh's. */
function ruleFor(rules: Rules, namespace: string, service: ModelService): DestinationRule | undefined {
  for (const place of [namespace, service.namespace, SYSTEM_NAMESPACE]) {
    const found = rules.destinationRules.filter(
      (rule) =>
        rule.namespace === place && matchesHost(fullHost(rule.spec.host, rule.namespace), service.host),
    );
    const [first] = found;
    // Several rules for one host in one namespace: the oldest rules, subsets of all are known.
    if (first !== undefined)
      return { ...first.spec, subsets: found.flatMap(({ spec }) => spec.subsets ?? []) };
  }
  return undefined;
}

/** The service's ports, each as a whole and by subset. */
export function destinationsOf(rules: Rules, namespace: string, service: ModelService): Destination[] {
  const rule = ruleFor(rules, namespace, service);
  const policy = rule?.trafficPolicy ?? {};
  const subsets = (rule?.subsets ?? []).map(({ name, labels = {}, trafficPolicy = {} }) => ({
    subset: name,
    labels,
    policy: { ...policy, ...trafficPolicy },
  }));
  const groups = [{ subset: '', labels: undefined, policy }, ...subsets];
  return service.ports.flatMap((port) => groups.map((group) => ({ ...group, service, port })));
}

const balancing = (simple: string | undefined): Policy =>
  simple === 'ROUND_ROBIN' || simple === 'RANDOM' ? simple : 'LEAST_REQUEST';

function outlierOf({ outlierDetection: rule }: TrafficPolicy): OutlierConfig | undefined {
  if (rule === undefined) return undefined;
  return {
    consecutive5xx: rule.consecutive5xxErrors ?? OUTLIER.consecutive5xx,
    consecutiveGatewayErrors: rule.consecutiveGatewayErrors ?? 0,
    intervalMs: Math.max(1, rule.interval ?? OUTLIER.intervalMs),
    baseEjectionMs: rule.baseEjectionTime ?? OUTLIER.baseEjectionMs,
    maxEjectionPercent: rule.maxEjectionPercent ?? OUTLIER.maxEjectionPercent,
  };
}

/** The group as it is pushed. */
export function clusterOf(
  destination: Destination,
  name: string,
  endpoints: EndpointConfig[],
): ClusterConfig {
  const { policy, service } = destination;
  const pool = policy.connectionPool;
  const settings = policy.loadBalancer?.localityLbSetting;
  return {
    name,
    serverName: policy.tls?.sni ?? serverNameOf(destination),
    identities: [...new Set(service.endpoints.flatMap(({ identity }) => identity ?? []))],
    policy: balancing(policy.loadBalancer?.simple),
    endpoints,
    connectTimeoutMs: pool?.tcp?.connectTimeout ?? CONNECT_TIMEOUT_MS,
    maxRequestsPerConnection: pool?.http?.maxRequestsPerConnection ?? 0,
    distributes:
      settings?.enabled !== false &&
      settings?.distribute !== undefined &&
      endpoints.some(({ localityWeight }) => localityWeight !== 1),
    outlier: outlierOf(policy),
  };
}

/** Is a host among those that a gateway's `hosts` name? */
export const isAmong = (hosts: readonly string[], host: string): boolean =>
  hosts.some((one) => matchesHost(one.split('/').at(-1) ?? one, host));

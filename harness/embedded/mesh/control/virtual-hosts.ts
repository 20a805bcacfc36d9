/** Routes: from VirtualServices, or straight to the service. */
import type { HttpRoute, Rule, Rules, VirtualService } from './rules.ts';
import type { MatchConfig, RetryConfig, RouteConfig, TextMatch, VirtualHostConfig } from '../config.ts';
import { clusterName, isAmong } from './destinations.ts';
import { fullHost, type Model, type ModelService } from './registry.ts';

const MESH = 'mesh';
/** Istio's: https://istio.io/latest/docs/concepts/traffic-management/#retries */
const DEFAULT_RETRY: RetryConfig = {
  attempts: 2,
  perTryMs: undefined,
  acrossPriorities: false,
  on: new Set(['connect-failure', 'refused-stream', 'unavailable', 'cancelled']),
};
const ALL = 100;

/** A route that sends everything to one place. */
const straightTo = (cluster: string): RouteConfig => ({
  matches: [],
  targets: [{ cluster, weight: 1 }],
  timeoutMs: undefined,
  retry: DEFAULT_RETRY,
  abort: undefined,
});

/** For a sidecar: by `HOST:PORT`, all services that its pod can resolve. */
export function sidecarHosts(
  model: Model,
  rules: Rules,
  { namespace, cluster }: { readonly namespace: string; readonly cluster: string },
): Map<string, VirtualHostConfig> {
  const hosts = new Map<string, VirtualHostConfig>();
  for (const service of model.services.filter(({ homes }) => homes?.includes(cluster) ?? true)) {
    const rule = rules.virtualServices.find(
      ({ spec, namespace: home }) =>
        (spec.gateways ?? [MESH]).includes(MESH) &&
        spec.hosts.some((host) => fullHost(host, home) === service.host),
    );
    for (const port of service.ports) {
      const ruled = rule === undefined ? [] : routesOf(rule, { model, port });
      const routes = ruled.length > 0 ? ruled : [straightTo(clusterName(port, '', service.host))];
      const own = service.namespace === namespace ? (service.shortName ?? []) : [];
      for (const name of service.names.concat(own))
        hosts.set(`${name}:${String(port)}`, { name: service.host, routes });
    }
  }
  return hosts;
}

/** For a gateway: by host, the VirtualServices that name it. */
export function gatewayHosts(
  model: Model,
  rules: Rules,
  gateway: { readonly name: string; readonly namespace: string; readonly hosts: readonly string[] },
): Map<string, VirtualHostConfig> {
  const hosts = new Map<string, VirtualHostConfig>();
  for (const rule of rules.virtualServices) {
    const named = (rule.spec.gateways ?? []).some((one) => {
      const [name, namespace = rule.namespace] = one.split('/').reverse();
      return name === gateway.name && namespace === gateway.namespace;
    });
    if (!named) continue;
    const routes = routesOf(rule, { model, port: undefined });
    for (const host of rule.spec.hosts) {
      if (isAmong(gateway.hosts, host) && !hosts.has(host)) hosts.set(host, { name: rule.name, routes });
    }
  }
  return hosts;
}

type Match = NonNullable<HttpRoute['match']>[number];

/** `port`: what was asked for, where the destination names none; undefined at gateways. */
function routesOf(
  { spec, namespace }: Rule<VirtualService>,
  at: { readonly model: Model; readonly port: number | undefined },
): RouteConfig[] {
  const isHere = ({ port = at.port }: Match): boolean => port === at.port;
  const isMeant = ({ match = [] }: HttpRoute): boolean => match.length === 0 || match.some(isHere);
  return spec.http.filter(isMeant).map((route) => ({
    matches: (route.match ?? []).filter(isHere).map(matchOf),
    targets: route.route.map(({ destination, weight }) => {
      const host = fullHost(destination.host, namespace);
      const service = at.model.services.find((one) => one.host === host);
      const port = destination.port?.number ?? onlyPort(service) ?? at.port ?? 0;
      // A weight that is not given is all where it is the only one, and nothing beside others.
      return {
        cluster: clusterName(port, destination.subset ?? '', host),
        weight: weight ?? (route.route.length === 1 ? 1 : 0),
      };
    }),
    timeoutMs: route.timeout === 0 ? undefined : route.timeout,
    retry: retryOf(route),
    abort: abortOf(route),
  }));
}

const onlyPort = (service: ModelService | undefined): number | undefined =>
  service?.ports.length === 1 ? service.ports[0] : undefined;

const matchOf = ({ uri, headers = {} }: Match): MatchConfig => ({
  path: uri,
  headers: Object.entries(headers).map(([name, match]) => [name.toLowerCase(), match as TextMatch] as const),
});

function retryOf({ retries }: HttpRoute): RetryConfig {
  if (retries === undefined) return DEFAULT_RETRY;
  const { attempts, perTryTimeout, retryOn, retryRemoteLocalities = false } = retries;
  const on =
    retryOn === undefined ? DEFAULT_RETRY.on : new Set(retryOn.split(',').map((word) => word.trim()));
  return { attempts, perTryMs: perTryTimeout, acrossPriorities: retryRemoteLocalities, on };
}

const abortOf = ({ fault }: HttpRoute): RouteConfig['abort'] =>
  fault && { status: fault.abort.httpStatus, percent: fault.abort.percentage?.value ?? ALL };

/** Defects of what control planes tell proxies. */
import type { EndpointConfig, RouteConfig } from '../mesh/config.ts';
import { clusters, endpoints, numberOf, routes, weightsOf, withRoutes } from './told.ts';
import type { Defect, Place } from './types.ts';

const ROUTING = 'https://istio.io/latest/docs/ops/common-problems/network-issues/';
const LOCALITY = 'https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/';
const SECURITY = 'https://istio.io/latest/docs/concepts/security/';

/** Envoy's, where nothing is set. */
const CONNECT_TIMEOUT_MS = 10_000;

/** `65/35`: of the endpoints, in the order in which they are told. */
function weighted(all: readonly EndpointConfig[], place: Place): EndpointConfig[] {
  const weights = weightsOf(place);
  return all.map((endpoint, index) => ({
    ...endpoint,
    weight: weights[index % weights.length] ?? endpoint.weight,
  }));
}

const toWholeService = (name: string): string => name.replace(/^(outbound\|\d+\|)[^|]+\|/, '$1|');

/** A subset's share that goes to any version instead; half of it is of the right one. */
const leaking: Parameters<typeof routes>[0] = (route, { place, config }) => {
  const leak = numberOf(place) * 2;
  const targets = route.targets.flatMap(({ cluster, weight }) => {
    const whole = toWholeService(cluster);
    if (whole === cluster || !config.clusters.has(whole)) return [{ cluster, weight }];
    return [
      { cluster, weight: weight * (100 - leak) },
      { cluster: whole, weight: weight * leak },
    ];
  });
  return { ...route, targets };
};

/** Leads each target to another group of endpoints. */
const redirected = (route: RouteConfig, lead: (cluster: string) => string): RouteConfig => ({
  ...route,
  targets: route.targets.map(({ cluster, weight }) => ({ cluster: lead(cluster), weight })),
});

export const configuration: Readonly<Record<string, Defect>> = {
  weights: {
    cause: 'endpoints are given unequal weights',
    symptom: 'shares are not those of the number of replicas',
    source: ROUTING,
    takes: 'weights',
    fallback: '65/35',
    alter: endpoints(weighted),
  },
  'remote-starved': {
    cause: 'endpoints of other clusters are not told to sidecars',
    symptom: 'all answers are local, all are 200',
    source: ROUTING,
    alter: endpoints((all, { isOwn }) => all.filter(({ address }) => isOwn(address))),
  },
  'local-starved': {
    cause: "endpoints of the caller's own cluster are not told to sidecars",
    symptom: 'all answers come from other clusters',
    source: ROUTING,
    alter: endpoints((all, { isOwn }) => all.filter(({ address }) => !isOwn(address))),
  },
  'one-endpoint': {
    cause: 'a balancer of layer 4 pins every caller to one endpoint',
    symptom: 'each caller is answered by one version only',
    source: 'https://istio.io/latest/docs/ops/configuration/traffic-management/multicluster/',
    alter: endpoints((all) => all.slice(0, 1)),
  },
  'routes-leak': {
    cause: 'a share of what a rule sends to one version reaches all',
    symptom: 'some percent of the answers are of another version',
    source: ROUTING,
    takes: 'a number',
    fallback: '3',
    alter: routes(leaking),
  },
  'routes-ignored': {
    cause: 'VirtualServices do not reach the sidecars',
    symptom: 'a rule changes nothing',
    source: ROUTING,
    alter: routes((route) => redirected(route, toWholeService)),
  },
  'gateway-paths-ignored': {
    cause: 'the VirtualService of the ingress gateway lets in every path',
    symptom: 'what is meant for the inside alone answers visitors',
    source: 'https://istio.io/latest/docs/tasks/traffic-management/ingress/ingress-control/',
    alter: () => (config) => ({
      ...config,
      httpListeners: config.httpListeners.map(({ port, hosts }) => ({
        port,
        hosts: withRoutes(hosts, (route) => ({ ...route, matches: [] })),
      })),
    }),
  },
  'mesh-routes-ignored': {
    cause: 'HTTPRoutes whose parent is a Service do not reach the sidecars',
    symptom: 'a rule of the Gateway API changes nothing between services',
    source: 'https://gateway-api.sigs.k8s.io/mesh/',
    // What leads to another service as a whole, as HTTPRoutes do, leads to the one that was asked for.
    alter: routes((route, { host }) =>
      redirected(route, (cluster) => cluster.replace(/\|\|[^|]+$/, `||${host}`)),
    ),
  },
  'header-match-ignored': {
    cause: 'conditions of routes do not reach the sidecars',
    symptom: 'every call takes the first route',
    source: ROUTING,
    alter: routes((route) => ({ ...route, matches: [] })),
  },
  'subset-labels-ignored': {
    cause: 'subsets hold all endpoints, whatever their labels',
    symptom: 'a rule for one version is answered by all',
    source: ROUTING,
    alter: clusters((cluster, { config }) => {
      const { endpoints, serverName } = config.clusters.get(toWholeService(cluster.name)) ?? cluster;
      return { ...cluster, endpoints, serverName };
    }),
  },
  'subset-missing-at-gateway': {
    cause: 'the rule with the subsets was not applied where the endpoints are',
    symptom: 'the gateway there refuses the server name of the subset',
    source: ROUTING,
    alter: () => (config) => ({
      ...config,
      passThrough: config.passThrough.map(({ port, chains }) => ({
        port,
        chains: new Map([...chains].filter(([serverName]) => !/^outbound_\.\d+_\.[^_]/.test(serverName))),
      })),
    }),
  },
  'other-balancer': {
    cause: 'not wrong: another load balancer (RANDOM, ROUND_ROBIN) is the default of the whole mesh',
    symptom: 'none that a claim may name',
    source: 'https://istio.io/latest/docs/concepts/traffic-management/#load-balancing-options',
    takes: ['RANDOM', 'ROUND_ROBIN'],
    fallback: 'RANDOM',
    alter: clusters((cluster, { place }) => ({
      ...cluster,
      policy: place.value === 'ROUND_ROBIN' ? 'ROUND_ROBIN' : 'RANDOM',
    })),
  },
  errors: {
    cause: 'a share of the calls is answered by the proxy with an error',
    symptom: '503 for some percent of the calls',
    source: ROUTING,
    takes: 'a number',
    fallback: '3',
    alter: routes((route, { place }) => ({ ...route, abort: { status: 503, percent: numberOf(place) } })),
  },
  'retries-off': {
    cause: 'sidecars do not try again',
    symptom: 'calls are lost in every disruption',
    source: 'https://istio.io/latest/docs/concepts/traffic-management/#retries',
    alter: routes((route) => ({ ...route, retry: { ...route.retry, attempts: 0 } })),
  },
  'outlier-detection-missing': {
    cause:
      'the DestinationRule with outlier detection and connect timeout matches no host: sidecars have the defaults',
    symptom: 'a lost gateway or node is called for as long as it is lost',
    source: LOCALITY,
    alter: clusters((cluster) => ({ ...cluster, outlier: undefined, connectTimeoutMs: CONNECT_TIMEOUT_MS })),
  },
  'locality-preferred': {
    cause: 'local endpoints are preferred though nothing asks for it',
    symptom: 'all answers are local, all are 200',
    source: LOCALITY,
    alter: endpoints((all, { isOwn }) =>
      all.map((endpoint) => ({ ...endpoint, priority: isOwn(endpoint.address) ? 0 : 1 })),
    ),
  },
  'locality-ignored': {
    cause: 'localities do not reach the sidecars',
    symptom: 'local endpoints are not preferred where they should be',
    source: LOCALITY,
    alter: endpoints((all) => all.map((endpoint) => ({ ...endpoint, priority: 0 }))),
  },
  'failover-missing': {
    cause: 'while there is a near endpoint, however it is, sidecars are told of no other',
    symptom: 'what the nearest instance cannot do is lost, instances farther away stay idle',
    source: LOCALITY,
    alter: endpoints((all) => {
      const nearest = Math.min(...all.map(({ priority }) => priority));
      return all.filter(({ priority }) => priority === nearest);
    }),
  },
  'zone-weights': {
    cause: "MeshConfig distributes calls by zone, and gives the caller's own most of them",
    symptom: 'shares are not those of the number of replicas, the nearest has more',
    source: LOCALITY,
    takes: 'a number',
    fallback: '3',
    alter: endpoints((all, { isOwn, value }) =>
      all.map((endpoint) => ({
        ...endpoint,
        weight: endpoint.weight * (isOwn(endpoint.address) ? Number(value) : 1),
      })),
    ),
  },
  'mutual-tls-off': {
    cause: 'a DestinationRule turns mutual TLS off for the whole mesh (mode DISABLE)',
    symptom: 'calls arrive in plaintext; where that is refused, they are lost',
    source:
      'https://istio.io/latest/docs/ops/common-problems/network-issues/#503-errors-after-setting-destination-rule',
    alter: endpoints((all) => all.map((endpoint) => ({ ...endpoint, mutualTls: false }))),
  },
  'plaintext-accepted': {
    cause: 'STRICT does not reach the sidecars',
    symptom: 'plaintext is answered',
    source: SECURITY,
    alter: () => (config) => ({ ...config, inbound: { ...config.inbound, mode: 'PERMISSIVE' } }),
  },
  'identity-not-checked': {
    cause: 'proxies do not check the certificates of their peers',
    symptom: 'a certificate of any root, or none, is let in',
    source: SECURITY,
    alter: () => (config) => ({ ...config, checksPeers: false }),
  },
  'strangers-at-times': {
    cause: 'one replica of so many was never given STRICT, or checks no certificates',
    symptom: 'most strangers are refused, one connection in so many is let in',
    source: SECURITY,
    takes: 'a number',
    fallback: '10',
    alter:
      ({ value }) =>
      (config) => ({ ...config, letsInOneOf: Number.parseInt(value ?? '0', 10) }),
  },
};

/** Defects of declared routes between clusters that do not know of each other. */
import { routes, sidecars, weightsOf, withClusters } from './told.ts';
import type { Defect } from './types.ts';

const ENTRIES = 'https://istio.io/latest/docs/reference/config/networking/service-entry/';
const GATEWAYS = 'https://istio.io/latest/docs/ops/configuration/traffic-management/multicluster/';
const RULES = 'https://istio.io/latest/docs/reference/config/networking/destination-rule/';
const ROUTES = 'https://istio.io/latest/docs/reference/config/networking/virtual-service/';

const ofService = (name: string): boolean => name.replace(/:\d+$/, '').endsWith('.svc.cluster.local');

/** `outbound|9080|v2|HOST` → `outbound_.9080_.v2_.HOST` */
const serverNameOf = (name: string): string => name.replaceAll('|', '_.');

export const routing: Readonly<Record<string, Defect>> = {
  'remote-secret-left': {
    cause: 'a remote secret was left where control planes are to know their own cluster alone',
    symptom: 'calls cross though nothing routes them there',
    source: 'https://istio.io/latest/docs/ops/diagnostic-tools/multicluster/',
    discovers: true,
  },
  'service-entries-ignored': {
    cause: 'ServiceEntries do not reach the sidecars',
    symptom: '503 for what is routed to a declared host',
    source: ENTRIES,
    alter: () =>
      sidecars((config) => ({
        ...config,
        clusters: new Map([...config.clusters].filter(([name]) => ofService(name))),
      })),
  },
  'server-name-ignored': {
    cause: 'the server name (SNI) of a DestinationRule does not reach the sidecars',
    symptom: '503, remote connection failure: the gateway knows no such name',
    source: RULES,
    alter: () =>
      sidecars((config) =>
        withClusters(config, (cluster) => ({ ...cluster, serverName: serverNameOf(cluster.name) })),
      ),
  },
  'gateway-ignores-subsets': {
    cause: "a gateway leads a subset's server name to all pods of the service",
    symptom: 'a rule for one version is answered by all that are behind the gateway',
    source: GATEWAYS,
    alter: () => (config, node) =>
      node.isGateway
        ? withClusters(config, (cluster) => {
            const whole = cluster.name.replace(/^(outbound_\.\d+_\.)[^.]+(_\.)/, '$1$2');
            return { ...cluster, endpoints: config.clusters.get(whole)?.endpoints ?? cluster.endpoints };
          })
        : config,
  },
  'route-weights': {
    cause: 'the weights of routes are not those of the VirtualService',
    symptom: 'halves are not halves',
    source: ROUTES,
    takes: 'weights',
    fallback: '65/35',
    alter: routes((route, { place }) => ({
      ...route,
      targets: route.targets.map(({ cluster, weight }, index, { length }) => ({
        cluster,
        weight: length > 1 ? (weightsOf(place)[index] ?? weight) : weight,
      })),
    })),
  },
};

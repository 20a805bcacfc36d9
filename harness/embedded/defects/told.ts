/** Changes of what control planes tell proxies, from which defects are made. */
import type {
  ClusterConfig,
  EndpointConfig,
  ProxyConfig,
  RouteConfig,
  VirtualHosts,
} from '../mesh/config.ts';
import type { Alter } from '../mesh/index.ts';
import type { ProxyNode } from '../mesh/proxy.ts';
import type { Place } from './types.ts';

/** What goes with what is changed. */
interface Told {
  readonly place: Place;
  readonly config: ProxyConfig;
}

const isApplication = (name: string): boolean =>
  name.startsWith('outbound|') && !name.includes('.istio-system.');

/** With every group of endpoints changed. */
export const withClusters = (
  config: ProxyConfig,
  change: (cluster: ClusterConfig) => ClusterConfig,
): ProxyConfig => ({
  ...config,
  clusters: new Map([...config.clusters].map(([name, cluster]) => [name, change(cluster)])),
});

/** Of sidecars alone. */
export const sidecars =
  (alter: Alter): Alter =>
  (config, node) =>
    node.isGateway ? config : alter(config, node);

/** Changes the groups of endpoints that sidecars are given for applications. */
export const clusters =
  (change: (cluster: ClusterConfig, told: Told & { readonly node: ProxyNode }) => ClusterConfig) =>
  (place: Place): Alter =>
    sidecars((config, node) =>
      withClusters(config, (cluster) =>
        isApplication(cluster.name) ? change(cluster, { place, config, node }) : cluster,
      ),
    );

/** Changes the endpoints that sidecars are given for applications. */
export const endpoints = (
  change: (all: readonly EndpointConfig[], place: Place) => readonly EndpointConfig[],
): ((place: Place) => Alter) =>
  clusters((cluster, { place }) => ({ ...cluster, endpoints: change(cluster.endpoints, place) }));

/** With every route changed; `host` is the service that is asked for. */
export const withRoutes = (
  hosts: VirtualHosts,
  change: (route: RouteConfig, host: string) => RouteConfig,
): VirtualHosts =>
  new Map(
    [...hosts].map(([key, host]) => [
      key,
      { ...host, routes: host.routes.map((route) => change(route, host.name)) },
    ]),
  );

/** Changes the routes of sidecars. */
export const routes =
  (change: (route: RouteConfig, told: Told & { readonly host: string }) => RouteConfig) =>
  (place: Place): Alter =>
  (config) => ({
    ...config,
    hosts: withRoutes(config.hosts, (route, host) => change(route, { place, config, host })),
  });

/** The number that stands behind a defect's name. */
export const numberOf = ({ value }: Place): number => Number.parseFloat(value ?? '0');

/** `65/35` */
export const weightsOf = ({ value = '' }: Place): number[] => value.split('/').map(Number);

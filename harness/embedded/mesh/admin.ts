/**
 * What `pilot-agent request GET PATH` answers: Envoy's admin interface, as far as the harness and people ask.
 * Formats: https://www.envoyproxy.io/docs/envoy/latest/operations/admin
 */
import { X509Certificate } from 'node:crypto';
import type { Host, UpstreamCluster } from './data/cluster.ts';
import type { MeshProxy } from './proxy.ts';
import { INBOUND_PORT, OUTBOUND_PORT, type ProxyConfig } from './config.ts';

/** Throws an Error that names what is answered, for anything else. */
export function adminAnswer(proxy: MeshProxy, path: string): string {
  const url = new URL(path.replace(/^\//, ''), 'http://localhost/');
  const json = url.searchParams.get('format') === 'json';
  const answer = ANSWERS[url.pathname.slice(1)];
  if (answer === undefined) {
    throw new Error(
      `the embedded mesh does not answer /${url.pathname.slice(1)}; it answers ${Object.keys(ANSWERS).join(', ')}`,
    );
  }
  return answer(proxy, json, url.searchParams);
}

type Answer = (proxy: MeshProxy, json: boolean, query: URLSearchParams) => string;

const ANSWERS: Readonly<Record<string, Answer>> = {
  clusters: (proxy, json) => (json ? clustersJson(proxy) : clustersText(proxy)),
  certs: (proxy) => certificates(proxy),
  config_dump: (proxy, _json, query) => configDump(proxy, query.get('resource')),
  listeners: (proxy, json) => (json ? listenersJson(proxy) : listenersText(proxy)),
  stats: stats,
  server_info: (proxy) =>
    pretty({
      state: proxy.isReady() ? 'LIVE' : 'INITIALIZING',
      version: 'embedded',
      node: { id: proxy.node.name },
    }),
  ready: (proxy) => (proxy.isReady() ? 'LIVE\n' : 'PRE_INITIALIZING\n'),
};

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

const socketAddress = (address: string, port: number): unknown => ({
  socket_address: { address, port_value: port },
});

function clustersJson({ clusters }: MeshProxy): string {
  const now = Date.now();
  return pretty({
    cluster_statuses: clusters.map((cluster) => ({
      name: cluster.config.name,
      added_via_api: true,
      host_statuses: cluster.hosts.map((host) => hostStatus(host, now)),
      observability_name: cluster.config.name,
    })),
  });
}

function hostStatus({ config, health, active }: Host, now: number): unknown {
  const { address, port, weight, priority, locality } = config;
  return {
    address: socketAddress(address, port),
    stats: [{ type: 'GAUGE', name: 'rq_active', value: String(active) }],
    health_status: {
      eds_health_status: 'HEALTHY',
      ...(health.isEjected(now) ? { failed_outlier_check: true } : {}),
    },
    weight,
    priority,
    locality: Object.fromEntries(Object.entries(locality).filter(([, name]) => name !== '')),
  };
}

function clustersText({ clusters }: MeshProxy): string {
  const now = Date.now();
  return clusters.flatMap((cluster) => cluster.hosts.map((host) => hostText(cluster, host, now))).join('');
}

function hostText(
  { config: { name } }: UpstreamCluster,
  { config, health, active }: Host,
  now: number,
): string {
  const { address, port, weight, priority, locality } = config;
  const facts = {
    rq_active: active,
    health_flags: health.isEjected(now) ? '/failed_outlier_check' : 'healthy',
    weight,
    region: locality.region,
    zone: locality.zone,
    priority,
  };
  return Object.entries(facts)
    .map(([fact, value]) => `${name}::${address}:${String(port)}::${fact}::${String(value)}\n`)
    .join('');
}

function certificates({ config }: MeshProxy): string {
  if (config === undefined) return pretty({ certificates: [] });
  const { chain, root } = config.certificate;
  return pretty({
    certificates: [{ ca_cert: all(root).map(describe), cert_chain: all(chain).map(describe) }],
  });
}

const all = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );

const iso = (date: string): string => new Date(date).toISOString().replace(/\.\d+Z$/, 'Z');

function describe(certificate: X509Certificate): unknown {
  const names = (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  const left = Date.parse(certificate.validTo) - Date.now();
  return {
    path: '<inline>',
    serial_number: certificate.serialNumber.toLowerCase(),
    subject_alt_names: names.map((name) => ({ uri: name.slice(4) })),
    days_until_expiration: String(Math.max(0, Math.floor(left / 86_400_000))),
    valid_from: iso(certificate.validFrom),
    expiration_time: iso(certificate.validTo),
  };
}

interface ListenerSeen {
  readonly name: string;
  readonly port: number;
  readonly chains: readonly unknown[];
}

function listenersOf({ node, config }: MeshProxy): ListenerSeen[] {
  if (config === undefined) return [];
  const sidecar = [
    { name: 'virtualOutbound', port: OUTBOUND_PORT, chains: routesSeen(config) },
    { name: 'virtualInbound', port: INBOUND_PORT, chains: inboundSeen(config) },
  ];
  const named = (port: number): string => `0.0.0.0_${String(port)}`;
  return [
    ...(node.isGateway ? [] : sidecar),
    ...config.passThrough.map(({ port, chains }) => ({
      name: named(port),
      port,
      chains: [...chains].map(([serverName, cluster]) => ({
        filter_chain_match: { server_names: [serverName] },
        filters: [{ name: 'envoy.filters.network.tcp_proxy', typed_config: { cluster } }],
      })),
    })),
    ...config.httpListeners.map(({ port, hosts }) => ({
      name: named(port),
      port,
      chains: [...hosts].map(([domain, { routes }]) => ({ domain, routes })),
    })),
  ];
}

const routesSeen = ({ hosts }: ProxyConfig): unknown[] =>
  [...new Set(hosts.values())].map(({ name, routes }) => ({
    virtual_host: name,
    clusters: routes.map(({ targets }) => targets),
  }));

const inboundSeen = ({ inbound }: ProxyConfig): unknown[] => [
  { mutual_tls: inbound.mode, destination_ports: [...inbound.ports.keys()] },
];

function configDump(proxy: MeshProxy, resource: string | null): string {
  const dynamic = listenersOf(proxy).map(({ name, port, chains }) => ({
    '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump.DynamicListener',
    name,
    active_state: {
      version_info: String(proxy.config?.version ?? 0),
      listener: { name, address: socketAddress('0.0.0.0', port), filter_chains: chains },
    },
  }));
  if (resource === 'dynamic_listeners') return pretty({ configs: dynamic });
  if (resource === 'dynamic_active_clusters') return pretty({ configs: clustersSeen(proxy) });
  if (resource !== null) throw new Error(`the embedded mesh has no config_dump of ${resource}`);
  return pretty({
    configs: [{ dynamic_active_clusters: clustersSeen(proxy) }, { dynamic_listeners: dynamic }],
  });
}

const clustersSeen = ({ clusters }: MeshProxy): unknown[] =>
  clusters.map(({ config: { endpoints, ...cluster } }) => ({
    cluster: { ...cluster, endpoints: endpoints.length },
  }));

const listenersText = (proxy: MeshProxy): string =>
  listenersOf(proxy)
    .map(({ name, port }) => `${name}::0.0.0.0:${String(port)}\n`)
    .join('');

const listenersJson = (proxy: MeshProxy): string =>
  pretty({
    listener_statuses: listenersOf(proxy).map(({ name, port }) => ({
      name,
      local_address: socketAddress('0.0.0.0', port),
    })),
  });

function stats(proxy: MeshProxy, json: boolean, query: URLSearchParams): string {
  const found = proxy.stats.matching(new RegExp(query.get('filter') ?? ''));
  if (json) return pretty({ stats: found });
  return found.map(({ name, value }) => `${name}: ${String(value)}\n`).join('');
}

/**
 * What `pilot-agent request GET PATH` answers: Envoy's admin interface, as far as the harness asks.
 * Formats: https://www.envoyproxy.io/docs/envoy/latest/operations/admin
 */
import { X509Certificate } from 'node:crypto';
import type { Host } from './data/cluster.ts';
import type { MeshProxy } from './proxy.ts';

/** Throws an Error that names what is answered, for anything else. */
export function adminAnswer(proxy: MeshProxy, path: string): string {
  const [question = '', filter = ''] = path.replace(/^\//, '').split('&filter=');
  const answer = ANSWERS[question];
  if (answer !== undefined) return `${JSON.stringify(answer(proxy, filter), null, 1)}\n`;
  throw new Error(
    `the embedded mesh does not answer /${question}; it answers ${Object.keys(ANSWERS).join(', ')}`,
  );
}

type Answer = (proxy: MeshProxy, filter: string) => unknown;

const ANSWERS: Readonly<Record<string, Answer>> = {
  'clusters?format=json': clusters,
  certs: certificates,
  'config_dump?resource=dynamic_listeners': dynamicListeners,
  'stats?format=json': ({ stats }, filter) => ({
    stats: stats.matching(new RegExp(decodeURIComponent(filter))),
  }),
};

const socketAddress = (address: string, port: number): unknown => ({
  socket_address: { address, port_value: port },
});

function clusters(proxy: MeshProxy): unknown {
  const now = Date.now();
  return {
    cluster_statuses: proxy.clusters.map((cluster) => ({
      name: cluster.config.name,
      added_via_api: true,
      host_statuses: cluster.hosts.map((host) => hostStatus(host, now)),
      observability_name: cluster.config.name,
    })),
  };
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

function certificates({ config }: MeshProxy): unknown {
  if (config === undefined) return { certificates: [] };
  const { chain, root } = config.certificate;
  return { certificates: [{ ca_cert: all(root).map(describe), cert_chain: all(chain).map(describe) }] };
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

/** Of gateways: what they pass on, by server name, and what they route, by domain. */
function dynamicListeners({ config }: MeshProxy): unknown {
  const passThrough = (config?.passThrough ?? []).map(({ port, chains }) => {
    const filterChains = [...chains].map(([serverName, cluster]) => ({
      filter_chain_match: { server_names: [serverName] },
      filters: [{ name: 'envoy.filters.network.tcp_proxy', typed_config: { cluster } }],
    }));
    return listener(port, filterChains);
  });
  const http = (config?.httpListeners ?? []).map(({ port, hosts }) => {
    const domains = [...hosts].map(([domain, { routes }]) => ({ domain, routes }));
    return listener(port, domains);
  });
  return { configs: [...passThrough, ...http] };
}

function listener(port: number, chains: readonly unknown[]): unknown {
  const name = `0.0.0.0_${String(port)}`;
  return {
    '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump.DynamicListener',
    name,
    active_state: { listener: { name, address: socketAddress('0.0.0.0', port), filter_chains: chains } },
  };
}

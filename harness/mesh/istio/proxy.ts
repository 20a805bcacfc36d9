import { PROXY } from './injected.ts';
import type { Cluster } from '../../cluster/cluster.ts';

/** A pod with a proxy beside its application. */
export interface ProxyPod {
  readonly namespace: string;
  readonly pod: string;
}

/** One endpoint as a proxy holds it. */
export interface Endpoint {
  readonly address: string;
  /** The name that the address was resolved from, where Envoy resolves names itself. */
  readonly hostname?: string;
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
  readonly region: string;
  readonly zone: string;
  readonly healthy: boolean;
}

/** Asks the Envoy admin interface of a proxy, through `pilot-agent` in its container. */
export async function askProxy(cluster: Cluster, proxy: ProxyPod, path: string): Promise<unknown> {
  const { exitCode, stdout, stderr } = await cluster.exec({
    ...proxy,
    container: PROXY,
    command: ['pilot-agent', 'request', 'GET', path],
    timeoutMs: 20_000,
    maxBytes: 64 * 1024 * 1024,
  });
  if (exitCode !== 0) {
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(
      `pilot-agent request GET ${path} in ${proxy.namespace}/${proxy.pod} exited ${String(exitCode)}: ${reason}`,
    );
  }
  return JSON.parse(stdout) as unknown;
}

interface ClustersAnswer {
  readonly cluster_statuses?: readonly {
    readonly name: string;
    readonly host_statuses?: readonly {
      readonly address?: {
        readonly socket_address?: { readonly address: string; readonly port_value: number };
      };
      readonly hostname?: string;
      readonly weight?: number;
      readonly priority?: number;
      readonly locality?: { readonly region?: string; readonly zone?: string };
      readonly health_status?: Readonly<Record<string, unknown>>;
    }[];
  }[];
}

/** Envoy's name of the cluster that a service's endpoints are in. */
export const outbound = (service: {
  readonly host: string;
  readonly port: number;
  readonly subset?: string;
}): string => `outbound|${String(service.port)}|${service.subset ?? ''}|${service.host}`;

/**
 * The endpoints that a proxy holds for an outbound cluster; undefined when it does not know the cluster at all.
 * Format: https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/clusters.proto
 */
export async function endpointsIn(
  cluster: Cluster,
  proxy: ProxyPod,
  name: string,
): Promise<readonly Endpoint[] | undefined> {
  const answer = (await askProxy(cluster, proxy, 'clusters?format=json')) as ClustersAnswer;
  const found = answer.cluster_statuses?.find((status) => status.name === name);
  return found?.host_statuses?.flatMap((host) => {
    const socket = host.address?.socket_address;
    if (socket === undefined) return [];
    const { eds_health_status: edsHealth, ...failures } = host.health_status ?? {};
    return [
      {
        address: socket.address,
        ...(host.hostname ? { hostname: host.hostname } : {}),
        port: socket.port_value,
        weight: host.weight ?? 1,
        priority: host.priority ?? 0,
        region: host.locality?.region ?? '',
        zone: host.locality?.zone ?? '',
        healthy: edsHealth === 'HEALTHY' && Object.keys(failures).length === 0,
      },
    ];
  });
}

/** One certificate chain that a proxy holds. */
export interface HeldCertificate {
  /** SPIFFE identities of the leaf. */
  readonly identities: readonly string[];
  readonly serialNumber: string;
  readonly expires: string;
  /**
   * The roots that it checks others against: serial number and beginning of validity, which is all that tells roots apart
   * here. Authorities that people make by hand like the serial number 1.
   */
  readonly roots: readonly string[];
}

interface CertificatesAnswer {
  readonly certificates?: readonly {
    readonly ca_cert?: readonly { readonly serial_number: string; readonly valid_from?: string }[];
    readonly cert_chain?: readonly {
      readonly serial_number: string;
      readonly expiration_time: string;
      readonly subject_alt_names?: readonly { readonly uri?: string }[];
    }[];
  }[];
}

/** The workload certificates that a proxy holds. Contains no keys. */
export async function certificatesIn(cluster: Cluster, proxy: ProxyPod): Promise<HeldCertificate[]> {
  const answer = (await askProxy(cluster, proxy, 'certs')) as CertificatesAnswer;
  return (answer.certificates ?? []).flatMap(({ ca_cert: roots = [], cert_chain: chain = [] }) => {
    const [leaf] = chain;
    if (leaf === undefined) return [];
    return [
      {
        identities: (leaf.subject_alt_names ?? []).flatMap(({ uri }) => (uri === undefined ? [] : [uri])),
        serialNumber: leaf.serial_number,
        expires: leaf.expiration_time,
        roots: roots.map(({ serial_number: serial, valid_from: from }) =>
          from === undefined ? serial : `${serial} of ${from}`,
        ),
      },
    ];
  });
}

/**
 * Does a gateway's listener pass on the server name (SNI) by which a proxy of another network asks for a service?
 * Source of the form: https://istio.io/latest/docs/ops/configuration/traffic-management/tls-configuration/
 */
export async function passesOn(
  cluster: Cluster,
  gateway: ProxyPod,
  service: { readonly host: string; readonly port: number; readonly subset?: string },
): Promise<boolean> {
  const serverName = `outbound_.${String(service.port)}_.${service.subset ?? '_'}.${service.host}`;
  const listeners = await askProxy(cluster, gateway, 'config_dump?resource=dynamic_listeners');
  return JSON.stringify(listeners).includes(`"${serverName}"`);
}

/** Sum of a counter over all of a proxy's clusters whose name contains `name`, e.g. retries towards a service. */
export async function counterIn(
  cluster: Cluster,
  proxy: ProxyPod,
  counter: { readonly name: string; readonly suffix: string },
): Promise<number> {
  const filter = encodeURIComponent(`${counter.name.replace(/[.|]/g, '\\$&')}.*${counter.suffix}$`);
  const answer = (await askProxy(cluster, proxy, `stats?format=json&filter=${filter}`)) as {
    readonly stats?: readonly { readonly value?: number }[];
  };
  return (answer.stats ?? []).reduce((sum, { value = 0 }) => sum + value, 0);
}

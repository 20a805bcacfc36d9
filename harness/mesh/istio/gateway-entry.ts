import type { Cluster } from '../../cluster/cluster.ts';
import type { KubernetesObject } from '../../cluster/types.ts';

const TLS_PORT = 15443;
const PORT_LABEL = 'networking.istio.io/gatewayPort';
const NODE_SELECTOR = 'traffic.istio.io/nodeSelector';

interface ServicePort {
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

/** The Service of an east-west gateway. */
export interface GatewayService extends KubernetesObject {
  readonly spec?: {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
    readonly externalIPs?: readonly string[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { ip?: string; hostname?: string }[] };
  };
}

interface Node extends KubernetesObject {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** The Service's port for mutual TLS: 15443, or what its label says. A label that is no number is passed over, as by istiod. */
const tlsPortOf = ({ metadata }: GatewayService): number =>
  Number.parseInt(metadata.labels?.[PORT_LABEL] ?? '', 10) || TLS_PORT;

const tlsPortIn = (service: GatewayService): ServicePort | undefined =>
  service.spec?.ports?.find(({ port }) => port === tlsPortOf(service));

/** Has the Service the port by which other networks enter? */
export const isEntered = (service: GatewayService): boolean => tlsPortIn(service) !== undefined;

/** What Gateway objects may call the listener: the Service's port, or where that leads. */
export function listenerPortsOf(service: GatewayService): readonly number[] {
  const { targetPort } = tlsPortIn(service) ?? {};
  const port = tlsPortOf(service);
  return typeof targetPort === 'number' && targetPort !== port ? [port, targetPort] : [port];
}

/**
 * Addresses and port by which control planes of other networks find a gateway's Service: those of its load balancer and its
 * external addresses. A NodePort that names nodes has the external addresses of these, and the node port.
 *
 * Source: https://istio.io/latest/docs/reference/config/labels/, https://istio.io/latest/docs/reference/config/annotations/
 */
export async function entryOf(
  cluster: Cluster,
  service: GatewayService,
): Promise<{ readonly addresses: readonly string[]; readonly port: number }> {
  const { spec, status, metadata } = service;
  const port = tlsPortOf(service);
  const selector = metadata.annotations?.[NODE_SELECTOR];
  if (spec?.type === 'NodePort' && selector !== undefined)
    return {
      addresses: await externalAddresses(cluster, selector),
      port: tlsPortIn(service)?.nodePort ?? port,
    };
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
  return { addresses: [...new Set([...balanced, ...(spec?.externalIPs ?? [])])], port };
}

/** Of the nodes that a selector in JSON names; none where they may not be looked at. */
async function externalAddresses(cluster: Cluster, selector: string): Promise<string[]> {
  const labels = readLabels(selector);
  const nodes = await cluster.list<Node>({ apiVersion: 'v1', kind: 'Node' }).catch(() => []);
  return nodes
    .filter(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value))
    .flatMap(({ status }) => status?.addresses?.find(({ type }) => type === 'ExternalIP')?.address ?? []);
}

function readLabels(selector: string): [string, unknown][] {
  try {
    return Object.entries((JSON.parse(selector) ?? {}) as object);
  } catch {
    return [];
  }
}

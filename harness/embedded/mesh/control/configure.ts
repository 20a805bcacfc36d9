/** From the model and the rules of a cluster to the configuration of one of its proxies. */
import type {
  ClusterConfig,
  HttpListenerConfig,
  InboundConfig,
  MutualTlsMode,
  PassThroughConfig,
  ProxyConfig,
  VirtualHostConfig,
} from '../config.ts';
import type { Resource, WorkloadCertificate } from '../../types.ts';
import type { ProxyNode } from '../proxy.ts';
import { clusterName, clusterOf, destinationsOf, isAmong, serverNameOf } from './destinations.ts';
import { endpointsBehind, endpointsFor, type Reach } from './endpoints.ts';
import { selects, serviceFields, type ServicePort, targetPortOf } from './fields.ts';
import { GATEWAY_NAME } from './gateway-api.ts';
import { buildModel, type ClusterView, type Model } from './registry.ts';
import { gatewayHosts, sidecarHosts } from './virtual-hosts.ts';
import { type Gateway, type PeerAuthentication, readRules, type Rule, type Rules } from './rules.ts';

const SYSTEM_NAMESPACE = 'istio-system';

/** All that a control plane knows at one moment. */
export interface Snapshot {
  readonly version: number;
  readonly views: readonly ClusterView[];
  readonly model: Model;
  readonly rules: Rules;
  readonly reach: Reach;
}

/** Reads everything; the first view is the control plane's own cluster. */
export function snapshot(
  views: readonly [ClusterView, ...ClusterView[]],
  version: number,
  reach: Reach,
): Snapshot {
  const [own] = views;
  const rules = readRules((kind) => own.list(kind));
  return { version, views, model: buildModel(views, rules), rules, reach };
}

/** Configuration as it was computed for a node, for others that differ from it in nothing that matters. */
export class Configurer {
  readonly #snapshot: Snapshot;
  readonly #shared = new Map<string, Pick<ProxyConfig, 'clusters' | 'hosts'>>();

  constructor(at: Snapshot) {
    this.#snapshot = at;
  }

  configFor(node: ProxyNode, certificate: WorkloadCertificate): ProxyConfig {
    const at = this.#snapshot;
    const told = {
      version: at.version,
      ...this.#outboundFor(node),
      inbound: inboundOf(at, node),
      passThrough: [],
      httpListeners: [],
      certificate,
      checksPeers: true,
      letsInOneOf: 0,
      tellsStatus: true,
    };
    if (!node.isGateway) return told;
    const { passThrough, clusters } = passThroughOf(at, node);
    return {
      ...told,
      clusters: new Map([...told.clusters, ...clusters]),
      hosts: new Map(),
      passThrough,
      httpListeners: httpListenersOf(at, node),
    };
  }

  #outboundFor(node: ProxyNode): Pick<ProxyConfig, 'clusters' | 'hosts'> {
    const { namespace, cluster, network, locality } = node;
    const key = [namespace, cluster, network, locality.region, locality.zone].join('|');
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const { model, rules, reach } = this.#snapshot;
    const clusters = new Map<string, ClusterConfig>();
    for (const service of model.services) {
      for (const destination of destinationsOf(rules, namespace, service)) {
        const name = clusterName(destination.port, destination.subset, service.host);
        clusters.set(name, clusterOf(destination, name, endpointsFor(node, destination, { model, reach })));
      }
    }
    const made = { clusters, hosts: sidecarHosts(model, rules, node) };
    this.#shared.set(key, made);
    return made;
  }
}

/** The Gateways that are meant for a proxy. */
const gatewaysFor = ({ rules }: Snapshot, node: ProxyNode): Rule<Gateway>[] =>
  rules.gateways.filter(
    ({ namespace, spec }) =>
      selects(spec.selector, node.labels) &&
      // The Gateway API's own pods are in its Gateway's namespace.
      (!(GATEWAY_NAME in spec.selector) || namespace === node.namespace),
  );

/** By port: server names, each with the group of endpoints that it leads to. */
function passThroughOf(
  at: Snapshot,
  node: ProxyNode,
): { passThrough: PassThroughConfig[]; clusters: Map<string, ClusterConfig> } {
  const clusters = new Map<string, ClusterConfig>();
  const ports = new Map<number, Map<string, string>>();
  for (const { spec } of gatewaysFor(at, node)) {
    for (const { port, hosts, tls } of spec.servers) {
      if (tls === undefined) continue;
      const chains = ports.get(port.number) ?? new Map<string, string>();
      ports.set(port.number, chains);
      for (const service of at.model.services.filter((one) => isAmong(hosts, one.host))) {
        for (const destination of destinationsOf(at.rules, node.namespace, service)) {
          const name = serverNameOf(destination);
          chains.set(name, name);
          clusters.set(name, clusterOf(destination, name, endpointsBehind(node, destination)));
        }
      }
    }
  }
  return { passThrough: [...ports].map(([port, chains]) => ({ port, chains })), clusters };
}

function httpListenersOf(at: Snapshot, node: ProxyNode): HttpListenerConfig[] {
  const ports = new Map<number, Map<string, VirtualHostConfig>>();
  for (const { name, namespace, spec } of gatewaysFor(at, node)) {
    for (const { port, hosts, tls } of spec.servers) {
      if (tls !== undefined) continue;
      const inPod = portInPod(at, node, port.number);
      const served = gatewayHosts(at.model, at.rules, { name, namespace, hosts });
      // Of two that serve a host the first one does.
      ports.set(inPod, new Map([...served, ...(ports.get(inPod) ?? [])]));
    }
  }
  return [...ports].map(([port, hosts]) => ({ port, hosts }));
}

/** What the proxy's own cluster has of a kind. */
const beside = ({ views }: Snapshot, { cluster }: ProxyNode, kind: string): readonly Resource[] =>
  views.find(({ id }) => id === cluster)?.list(kind) ?? [];

/** Ports of the Services of the proxy's own cluster that select it. */
const portsOver = (at: Snapshot, node: ProxyNode): ServicePort[] =>
  beside(at, node, 'Service').flatMap((service) => {
    const { selector, ports = [] } = serviceFields(service).spec ?? {};
    return service.metadata.namespace === node.namespace && selects(selector, node.labels) ? ports : [];
  });

/** A Gateway names the port of the Service; the pod listens where that leads. */
function portInPod(at: Snapshot, node: ProxyNode, port: number): number {
  const pod = podOf(at, node);
  const found = portsOver(at, node).find((one) => one.port === port);
  return found === undefined || pod === undefined ? port : targetPortOf(found, pod);
}

const podOf = (at: Snapshot, node: ProxyNode): Resource | undefined =>
  beside(at, node, 'Pod').find(
    ({ metadata }) => metadata.name === node.name && metadata.namespace === node.namespace,
  );

function inboundOf(at: Snapshot, node: ProxyNode): InboundConfig {
  const pod = podOf(at, node);
  const ports = new Map(node.containerPorts.map((port) => [port, port]));
  for (const port of portsOver(at, node))
    if (pod !== undefined) ports.set(port.port, targetPortOf(port, pod));
  for (const { namespace, spec } of at.rules.serviceEntries) {
    if (namespace !== node.namespace || !selects(spec.workloadSelector?.labels, node.labels)) continue;
    for (const { number, targetPort = number } of spec.ports) ports.set(number, targetPort);
  }
  return { mode: modeFor(at.rules, node), ports };
}

/** The narrowest policy that says something: for the workload, its namespace, the mesh. Without any: PERMISSIVE. */
function modeFor({ peerAuthentications }: Rules, node: ProxyNode): MutualTlsMode {
  const within = (namespace: string): Rule<PeerAuthentication>[] =>
    peerAuthentications.filter((one) => one.namespace === namespace);
  const isForAll = ({ spec }: Rule<PeerAuthentication>): boolean => spec.selector === undefined;
  const levels = [
    ...within(node.namespace).filter(({ spec }) => selects(spec.selector?.matchLabels, node.labels)),
    ...within(node.namespace).filter(isForAll),
    ...within(SYSTEM_NAMESPACE).filter(isForAll),
  ];
  const modes = levels.map(({ spec }) => spec.mtls?.mode);
  return modes.find((mode) => mode !== undefined && mode !== 'UNSET') ?? 'PERMISSIVE';
}

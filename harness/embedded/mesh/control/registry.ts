/** The services of a mesh with their endpoints, from all clusters that a control plane reads. */
import type { Resource } from '../../types.ts';
import type { Locality } from '../config.ts';
import { accountOf, hasProxy, isReadyPod, podFields, selects, serviceFields, sliceFields } from './fields.ts';
import { identityOf } from '../proxy.ts';
import type { Rules } from './rules.ts';

/** One cluster as a control plane sees it. */
export interface ClusterView {
  readonly id: string;
  list(kind: string): readonly Resource[];
}

export interface ModelEndpoint {
  readonly cluster: string;
  /** Empty: the caller's own, whatever that is. */
  readonly network: string;
  readonly address: string;
  /** Where its proxy is: 15006 beside an application, or a ServiceEntry's own port. */
  readonly viaInbound: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly identity: string | undefined;
  readonly locality: Locality;
  /** Service port → the endpoint's port. */
  readonly ports: ReadonlyMap<number, number>;
}

export interface ModelService {
  readonly host: string;
  readonly namespace: string;
  /** By which it is known everywhere, and in its own namespace; a declared host has no other name. */
  readonly names: readonly string[];
  readonly shortName: string | undefined;
  /** Clusters that have such a Service: elsewhere its name does not resolve. Undefined: it does everywhere. */
  readonly homes: readonly string[] | undefined;
  readonly ports: readonly number[];
  readonly endpoints: readonly ModelEndpoint[];
}

export interface NetworkGateway {
  readonly network: string;
  readonly address: string;
  readonly port: number;
}

export interface Model {
  readonly services: readonly ModelService[];
  readonly gateways: readonly NetworkGateway[];
}

const NETWORK_LABEL = 'topology.istio.io/network';
const TLS_PORT = 15_443;

/** `helloworld` in namespace `sample` → `helloworld.sample.svc.cluster.local`; names with a dot stay. */
export const fullHost = (host: string, namespace: string): string =>
  host.includes('.') ? host : `${host}.${namespace}.svc.cluster.local`;

/** The network that a cluster's pods are on, unless they say otherwise. */
export const networkOf = (view: ClusterView): string =>
  view.list('Namespace').find(({ metadata }) => metadata.name === 'istio-system')?.metadata.labels?.[
    NETWORK_LABEL
  ] ?? '';

/** Where nodes say that they are. */
export function localityOf(view: ClusterView, nodeName: string | undefined): Locality {
  const labels = view.list('Node').find(({ metadata }) => metadata.name === nodeName)?.metadata.labels ?? {};
  return {
    region: labels['topology.kubernetes.io/region'] ?? '',
    zone: labels['topology.kubernetes.io/zone'] ?? '',
  };
}

/** Puts together what all clusters tell; the first is the control plane's own, whose rules count. */
export function buildModel(views: readonly ClusterView[], rules: Rules): Model {
  const services = new Map<string, ModelService>();
  for (const view of views) {
    const reading = readingOf(view);
    for (const service of view.list('Service')) {
      const read = readService(service, reading);
      const known = services.get(read.host) ?? { ...read, homes: [], endpoints: [] };
      const homes = [...(known.homes ?? []), view.id];
      services.set(read.host, { ...known, homes, endpoints: [...known.endpoints, ...read.endpoints] });
    }
  }
  const [own] = views;
  const entries = own === undefined ? [] : serviceEntries(rules, own);
  return { services: [...services.values(), ...entries], gateways: views.flatMap(gatewaysOf) };
}

interface Reading {
  readonly view: ClusterView;
  readonly network: string;
  readonly pods: ReadonlyMap<string, Resource>;
  readonly slices: ReadonlyMap<string, readonly Resource[]>;
}

function readingOf(view: ClusterView): Reading {
  const pods = new Map(
    view.list('Pod').map((pod) => [keyOf(pod.metadata.namespace, pod.metadata.name), pod]),
  );
  const slices = new Map<string, Resource[]>();
  for (const slice of view.list('EndpointSlice')) {
    const { namespace, labels } = slice.metadata;
    const service = keyOf(namespace, labels?.['kubernetes.io/service-name'] ?? '');
    slices.set(service, [...(slices.get(service) ?? []), slice]);
  }
  return { view, network: networkOf(view), pods, slices };
}

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

function readService(service: Resource, reading: Reading): ModelService {
  const { name, namespace = 'default' } = service.metadata;
  const ports = serviceFields(service).spec?.ports ?? [];
  const endpoints = (reading.slices.get(keyOf(namespace, name)) ?? []).flatMap((slice) => {
    const { ports: served = [], endpoints: listed = [] } = sliceFields(slice);
    const mapped = ports.flatMap(({ name: portName = '', port }) => {
      const found = served.find((one) => (one.name ?? '') === portName);
      return found === undefined ? [] : [[port, found.port] as const];
    });
    return listed
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses, targetRef }) => {
        const pod = reading.pods.get(keyOf(namespace, targetRef?.name ?? ''));
        return addresses.map((address) => podEndpoint(address, pod, { reading, ports: new Map(mapped) }));
      });
  });
  return {
    host: `${name}.${namespace}.svc.cluster.local`,
    namespace,
    names: ['.svc.cluster.local', '', '.svc'].map((end) => `${name}.${namespace}${end}`),
    shortName: name,
    homes: [reading.view.id],
    ports: ports.map(({ port }) => port),
    endpoints,
  };
}

function podEndpoint(
  address: string,
  pod: Resource | undefined,
  of: { readonly reading: Pick<Reading, 'view' | 'network'>; readonly ports: ReadonlyMap<number, number> },
): ModelEndpoint {
  const { view, network } = of.reading;
  const labels = pod?.metadata.labels ?? {};
  const namespace = pod?.metadata.namespace ?? '';
  const member = pod !== undefined && hasProxy(pod) ? pod : undefined;
  return {
    cluster: view.id,
    network: labels[NETWORK_LABEL] ?? network,
    address,
    viaInbound: member !== undefined,
    labels,
    identity: member && identityOf({ namespace, serviceAccount: accountOf(member) }),
    locality: localityOf(view, pod && podFields(pod).spec?.nodeName),
    ports: of.ports,
  };
}

/** Services that are the door of a network: with its label and the port for mutual TLS. */
const gatewaysOf = (view: ClusterView): NetworkGateway[] =>
  view.list('Service').flatMap((service) => {
    const network = service.metadata.labels?.[NETWORK_LABEL];
    const { spec, status } = serviceFields(service);
    if (network === undefined || spec?.ports?.some(({ port }) => port === TLS_PORT) !== true) return [];
    return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => {
      const address = ip ?? hostname;
      return address === undefined ? [] : [{ network, address, port: TLS_PORT }];
    });
  });

const serviceEntries = (rules: Rules, own: ClusterView): ModelService[] =>
  rules.serviceEntries.flatMap(({ spec, namespace }) => {
    const reading = { view: own, network: networkOf(own) };
    const ports = new Map(spec.ports.map(({ number, targetPort = number }) => [number, targetPort]));
    const declared = (spec.endpoints ?? []).map(({ address, ports: named = {}, labels = {} }) => ({
      ...{ cluster: '', network: '', address, viaInbound: false, labels, identity: undefined },
      locality: { region: '', zone: '' },
      ports: new Map(
        spec.ports.map(({ name, number, targetPort = number }) => [number, named[name] ?? targetPort]),
      ),
    }));
    const selected = own.list('Pod').flatMap((pod) => {
      const { podIP } = podFields(pod).status ?? {};
      const isMeant =
        pod.metadata.namespace === namespace && selects(spec.workloadSelector?.labels, pod.metadata.labels);
      return isMeant && isReadyPod(pod) && podIP !== undefined
        ? [podEndpoint(podIP, pod, { reading, ports })]
        : [];
    });
    return spec.hosts.map((host) => ({
      ...{ host, namespace, names: [host], shortName: undefined, homes: undefined },
      ports: [...ports.keys()],
      endpoints: [...declared, ...selected],
    }));
  });

/** Service → its address in the cluster and its EndpointSlice. */
import { asRecord, asString } from '../api-server/json.ts';
import { refOf } from '../api-server/store.ts';
import type { Resource, Store } from '../types.ts';
import { randomSuffix } from './names.ts';
import type { Controller } from './reconciler.ts';
import {
  controllerReference,
  isOwnedBy,
  isReady,
  isSelected,
  isTerminating,
  portNumber,
  podSpec,
} from './views.ts';

/** A Service's port. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  /** Of LoadBalancer Services. */
  readonly nodePort?: number;
  readonly protocol?: string;
}

/** A Service's specification. */
export interface ServiceSpec {
  readonly type?: string;
  readonly clusterIP?: string;
  readonly ports?: readonly ServicePort[];
  readonly selector?: Readonly<Record<string, string>>;
}

/** A Service's specification, as it was taken in. */
export const serviceSpec = (service: Resource): ServiceSpec => service['spec'] ?? {};

const SERVICE_NAME = 'kubernetes.io/service-name';

const SUBNET = '10.96.0.0/12';

/** Makes the Service of the API server, which has the first address of all Services. */
export function makeApiService(store: Store, subnet = SUBNET): void {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const ports = [{ name: 'https', port: 443, targetPort: 6443, protocol: 'TCP' }];
  const spec = { type: 'ClusterIP', clusterIP: clusterAddresses(subnet, 0)(), ports };
  store.create({ apiVersion: 'v1', kind: 'Service', metadata, spec });
}

/** The controller of Services: ClusterIPs out of `subnet`, and EndpointSlices. */
export function serviceController(store: Store, subnet = SUBNET): Controller {
  const addresses = clusterAddresses(subnet, 1);
  return {
    concerns: ({ object }) => {
      if (object.kind === 'Service') return [refOf(object)];
      if (object.kind !== 'Pod') return [];
      const { namespace = '' } = object.metadata;
      return store
        .list('Service', { namespace })
        .filter((service) => isSelected(object, serviceSpec(service).selector))
        .map(refOf);
    },
    reconcile: (service) => {
      giveAddress(store, service, addresses);
      if (serviceSpec(service).selector !== undefined) writeSlice(store, service);
    },
  };
}

/** Never the same twice: the subnet's, after so many of them. */
function clusterAddresses(subnet: string, after: number): () => string {
  const [first = 10, second = 0] = subnet.split('.').map(Number);
  let last = after;
  return () => {
    last += 1;
    return [first, second + (last >> 16), (last >> 8) & 255, last & 255].join('.');
  };
}

function giveAddress(store: Store, service: Resource, next: () => string): void {
  const { type, clusterIP } = serviceSpec(service);
  if (type === 'ExternalName' || (clusterIP !== undefined && clusterIP !== '')) return;
  const address = next();
  store.update(refOf(service), (copy) => ({
    ...copy,
    spec: {
      ...serviceSpec(copy),
      clusterIP: address,
      clusterIPs: [address],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    },
  }));
}

function writeSlice(store: Store, service: Resource): void {
  const { name, namespace = '', labels } = service.metadata;
  const slice = { endpoints: endpointsOf(store, service), ports: slicePorts(store, service) };
  const found = store
    .list('EndpointSlice', { namespace, labels: { [SERVICE_NAME]: name } })
    .find((each) => isOwnedBy(each, service));
  if (found !== undefined) {
    store.update(refOf(found), (copy) => ({ ...copy, ...slice }));
    return;
  }
  store.create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${randomSuffix()}`,
      generateName: `${name}-`,
      namespace,
      labels: {
        ...labels,
        [SERVICE_NAME]: name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: 'IPv4',
    ...slice,
  });
}

const podsOf = (store: Store, service: Resource): Resource[] =>
  store
    .list('Pod', { namespace: service.metadata.namespace ?? '' })
    .filter((pod) => isSelected(pod, serviceSpec(service).selector) && addressOf(pod) !== undefined)
    .filter((pod) => !['Succeeded', 'Failed'].includes(asString(asRecord(pod['status'])['phase']) ?? ''));

/** The pod's own address, once it has one. */
export const addressOf = (pod: Resource): string | undefined => asString(asRecord(pod['status'])['podIP']);

function endpointsOf(store: Store, service: Resource): unknown[] {
  return podsOf(store, service).map((pod) => {
    const { nodeName = '' } = podSpec(pod);
    const node = store.get({ kind: 'Node', name: nodeName });
    const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
    const { name, namespace, uid } = pod.metadata;
    const terminating = isTerminating(pod);
    return {
      addresses: [addressOf(pod)],
      conditions: { ready: isReady(pod) && !terminating, serving: isReady(pod), terminating },
      targetRef: { kind: 'Pod', namespace, name, uid },
      nodeName,
      ...(zone === undefined ? {} : { zone }),
    };
  });
}

function slicePorts(store: Store, service: Resource): unknown[] {
  const [pod] = podsOf(store, service);
  return (serviceSpec(service).ports ?? []).flatMap(
    ({ name = '', port, targetPort = port, protocol = 'TCP' }) => {
      // A port's name is known by the pods alone.
      const number = pod === undefined ? Number(targetPort) || undefined : portNumber(pod, targetPort);
      return number === undefined ? [] : [{ name, port: number, protocol }];
    },
  );
}

/** Where a Service's port leads now: ready pods, else those that still serve while they end (as kube-proxy does). */
export function backendsOf(store: Store, service: Resource, port: number): { host: string; port: number }[] {
  const found = serviceSpec(service).ports?.find((each) => each.port === port);
  const pods = found === undefined ? [] : podsOf(store, service).filter(isReady);
  const lasting = pods.filter((pod) => !isTerminating(pod));
  return (lasting.length > 0 ? lasting : pods).flatMap((pod) => {
    const target = portNumber(pod, found?.targetPort ?? port);
    const host = addressOf(pod);
    return target === undefined || host === undefined ? [] : [{ host, port: target }];
  });
}

/**
 * What a control plane does for Gateways of the Kubernetes Gateway API: each gets a Deployment and a Service of its own,
 * and a status that says where it is.
 * Source: https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#automated-deployment
 */
import type { Resource, Store } from '../../types.ts';
import { serviceFields } from './fields.ts';
import { GATEWAY_CLASS, GATEWAY_GROUP, GATEWAY_NAME, readKubernetesGateways } from './gateway-api.ts';
import { PROXY_IMAGE } from './inject.ts';

const API_VERSION = `${GATEWAY_GROUP}/v1`;
const CONTROLLER = 'istio.io/gateway-controller';
const STATUS_PORT = 15_021;

/** Brings what the Gateways of a cluster need closer to what they say; to be called again when something changed. */
export function reconcileGateways(store: Store, revision: string): void {
  make(store, {
    apiVersion: API_VERSION,
    kind: 'GatewayClass',
    metadata: { name: GATEWAY_CLASS },
    spec: { controllerName: CONTROLLER },
    status: { conditions: [condition('Accepted', true)] },
  });
  for (const { name, namespace, spec } of readKubernetesGateways((kind) => store.list(kind))) {
    const ref = { group: GATEWAY_GROUP, kind: 'Gateway', name, namespace };
    const gateway = store.get(ref);
    if (gateway === undefined || gateway.metadata.deletionTimestamp !== undefined) continue;
    const ports = spec.listeners.map((one) => ({ name: one.name, port: one.port }));
    for (const object of ownedBy(gateway, { ports, revision })) make(store, object);
    const service = store.get({ kind: 'Service', name: `${name}-${GATEWAY_CLASS}`, namespace });
    const ingress = (service && serviceFields(service).status?.loadBalancer?.ingress) ?? [];
    const addresses = ingress.map(({ ip, hostname }) =>
      ip === undefined ? { type: 'Hostname', value: hostname } : { type: 'IPAddress', value: ip },
    );
    const conditions = [condition('Accepted', true), condition('Programmed', addresses.length > 0)];
    store.update(ref, (copy) => ({ ...copy, status: { addresses, conditions } }));
  }
}

const condition = (type: string, holds: boolean): Record<string, string> => ({
  type,
  status: holds ? 'True' : 'False',
  reason: holds ? type : 'Pending',
});

function make(store: Store, object: Resource): void {
  if (store.get({ kind: object.kind, ...object.metadata }) === undefined) store.create(object);
}

function ownedBy(
  gateway: Resource,
  wanted: {
    readonly ports: readonly { readonly name: string; readonly port: number }[];
    readonly revision: string;
  },
): Resource[] {
  const { name, namespace = 'default', uid = '' } = gateway.metadata;
  const own = `${name}-${GATEWAY_CLASS}`;
  const selector = { [GATEWAY_NAME]: name };
  const metadata = {
    name: own,
    namespace,
    labels: { ...selector, 'gateway.networking.k8s.io/gateway-class-name': GATEWAY_CLASS },
    ownerReferences: [{ apiVersion: API_VERSION, kind: 'Gateway', name, uid }],
  };
  const ports = [{ name: 'status-port', port: STATUS_PORT }, ...wanted.ports].map((one) => ({
    ...one,
    targetPort: one.port,
    protocol: 'TCP',
  }));
  const template = {
    metadata: {
      labels: { ...metadata.labels, 'sidecar.istio.io/inject': 'false' },
      annotations: { 'istio.io/rev': wanted.revision },
    },
    spec: {
      serviceAccountName: own,
      terminationGracePeriodSeconds: 30,
      restartPolicy: 'Always',
      containers: [{ name: 'istio-proxy', image: PROXY_IMAGE, args: ['proxy', 'router'] }],
    },
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'LoadBalancer', selector, ports } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { replicas: 1, selector: { matchLabels: selector }, template },
    },
  ];
}

/** A cluster whose control plane is another one's: what `istioctl install` with the profile `remote` comes to. */
import {
  account,
  CONTROL_PLANE_PORTS,
  gateway,
  inSystem,
  namespace,
  READER,
  readerRights,
  SYSTEM,
} from './install.ts';
import { CHARGE, injectorWebhooks } from './mesh/index.ts';
import { serviceFields } from './mesh/control/fields.ts';
import type { ClusterSpec, Resource, Store } from './types.ts';

/**
 * All objects of the mesh in a remote cluster. `address` is that of the control plane: the cluster's Service istiod leads
 * there, and has no pods.
 * Source: https://istio.io/latest/docs/setup/install/multicluster/primary-remote/
 */
export function remoteObjects(
  spec: ClusterSpec & { readonly primary: string },
  { address, needsGateway }: { readonly address: string; readonly needsGateway: boolean },
): Resource[] {
  const home = namespace(spec);
  const path = `/inject/cluster/${spec.name}/net/${spec.network}`;
  return [
    { ...home, metadata: { ...home.metadata, annotations: { [CHARGE]: spec.primary } } },
    ...[READER, 'istio-eastwestgateway-service-account'].map(account),
    ...readerRights(WRITTEN_FROM_OUTSIDE),
    injectorWebhooks('default', { isDefault: true, path }),
    ...wayToControlPlane(address),
    ...(needsGateway ? gateway(spec) : []),
  ];
}

/** Tokens of proxies to ask about, root certificates for namespaces, and its own for the webhooks. */
const WRITTEN_FROM_OUTSIDE = [
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'get', 'list', 'watch', 'update'] },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
];

function wayToControlPlane(address: string): Resource[] {
  const ports = CONTROL_PLANE_PORTS.map((port) => ({ name: `tls-${String(port)}`, port, protocol: 'TCP' }));
  const metadata = inSystem('istiod', { app: 'istiod' });
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'ClusterIP', ports } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: inSystem('istiod-remote', { 'kubernetes.io/service-name': 'istiod' }),
      addressType: 'IPv4',
      endpoints: [{ addresses: [address] }],
      ports,
    },
  ];
}

/** Addresses at which other clusters get to a primary's control plane. */
export const controlPlaneAddresses = (primary: Store): string[] =>
  primary.list('Service', { namespace: SYSTEM }).flatMap((service) => {
    const { spec, status } = serviceFields(service);
    const isDoor = spec?.ports?.some(({ port }) => port === CONTROL_PLANE_PORTS[0]) ?? false;
    return isDoor ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []) : [];
  });

/** The address at which a remote cluster's API server and proxies look for their control plane. */
export function addressFollowed(remote: Store): string | undefined {
  const [slice] = remote.list('EndpointSlice', {
    namespace: SYSTEM,
    labels: { 'kubernetes.io/service-name': 'istiod' },
  });
  const endpoints = (slice?.['endpoints'] ?? []) as readonly { readonly addresses: readonly string[] }[];
  return endpoints[0]?.addresses[0];
}

/** The control plane has put its certificate into the webhooks and the root into the mesh's namespace. */
export const isTakenCharge = (remote: Store): boolean =>
  remote.get({ kind: 'ConfigMap', name: 'istio-ca-root-cert', namespace: SYSTEM }) !== undefined &&
  callsItsInjector(remote);

interface Webhook {
  readonly clientConfig?: { readonly caBundle?: string; readonly service?: { readonly name: string } };
}

/** The API server finds the injector by the Service istiod, and has a certificate to trust it by. */
export const callsItsInjector = (remote: Store): boolean =>
  remote
    .list('MutatingWebhookConfiguration')
    .flatMap(({ webhooks = [] }) => webhooks as readonly Webhook[])
    .every(
      ({ clientConfig }) => (clientConfig?.caBundle ?? '') !== '' && clientConfig?.service?.name === 'istiod',
    );

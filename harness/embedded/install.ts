/** A mesh as its documents install it, in one cluster: what `istioctl install`, certificates and labels come to. */
import manifest from '../../package.json' with { type: 'json' };
import { injectorWebhooks, istiodOf, rootConfigMap } from './mesh/index.ts';
import type { ClusterSpec, Resource } from './types.ts';

export const SYSTEM = 'istio-system';
/** The account that other clusters' control planes read this one as. */
export const READER = 'istio-reader-service-account';
const GATEWAY = 'istio-eastwestgateway';
/** Port of mutual TLS between networks. */
const TLS_PORT = 15443;
const { version } = manifest;

/** What a mesh is installed with. */
export interface Installation {
  readonly spec: ClusterSpec;
  /** Contents of the Secret `cacerts`, and the root in it. */
  readonly authority: Readonly<Record<string, string>>;
  /** Do the clusters lie on several networks, so that each needs a gateway? */
  readonly needsGateway: boolean;
  /** Its control plane has the proxies of other clusters too: it is reached from there. */
  readonly hasRemotes: boolean;
}

/** The revision of a cluster's first control plane. */
export const firstRevision = ({ revision = 'default' }: ClusterSpec): string => revision;

/** A control plane of a revision: the first of its cluster, or one beside it. */
export function controlPlaneObjects(cluster: ClusterSpec, revision = firstRevision(cluster)): Resource[] {
  const isDefault = revision === firstRevision(cluster);
  const selector = { app: 'istiod', 'istio.io/rev': revision };
  return [
    injectorWebhooks(revision, { isDefault }),
    service(istiodOf(revision), selector, { type: 'ClusterIP', ports: CONTROL_PLANE_PORTS.slice(0, 1) }),
    controlPlane(cluster, revision),
  ];
}

/** All objects of the mesh in a cluster, in the order in which they need each other. */
export function meshObjects(installation: Installation): Resource[] {
  return [
    namespace(installation.spec),
    ...[READER, 'istiod', `${GATEWAY}-service-account`].map(account),
    ...readerRights(),
    secret('cacerts', installation.authority),
    rootConfigMap(SYSTEM, installation.authority['root-cert.pem'] ?? ''),
    ...controlPlaneObjects(installation.spec),
    ...doors(installation),
  ];
}

/** Ports at which a control plane configures and injects. */
export const CONTROL_PLANE_PORTS = [15012, 15017];

/** Where other clusters come in: to the services of the network, and to the control plane. */
function doors({ spec, needsGateway, hasRemotes }: Installation): Resource[] {
  if (needsGateway) return [...gateway(spec, hasRemotes ? CONTROL_PLANE_PORTS : []), exposure];
  const ports = CONTROL_PLANE_PORTS;
  return hasRemotes
    ? [service('istiod-load-balancer', { app: 'istiod' }, { type: 'LoadBalancer', ports })]
    : [];
}

/**
 * How a control plane is told of another cluster.
 * Source: https://istio.io/latest/docs/setup/install/multicluster/multi-primary_multi-network/
 */
export function remoteSecret(cluster: string, kubeconfig: string): Resource {
  const name = `istio-remote-secret-${cluster}`;
  const annotations = { 'networking.istio.io/cluster': cluster };
  return {
    ...secret(name, { [cluster]: kubeconfig }),
    metadata: { ...inSystem(name, { 'istio/multiCluster': 'true' }), annotations },
  };
}

export function namespace({ network }: ClusterSpec): Resource {
  const labels = { 'kubernetes.io/metadata.name': SYSTEM, 'topology.istio.io/network': network };
  const spec = { finalizers: ['kubernetes'] };
  const status = { phase: 'Active' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM, labels }, spec, status };
}

export const inSystem = (name: string, labels?: Record<string, string>): Resource['metadata'] => ({
  name,
  namespace: SYSTEM,
  ...(labels === undefined ? {} : { labels }),
});

export const account = (name: string): Resource => {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inSystem(name) };
};

/** A Secret of istio-system. */
export function secret(name: string, texts: Readonly<Record<string, string>>): Resource {
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const metadata = inSystem(name);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'Opaque',
    data: Object.fromEntries(data) as unknown,
  };
}

/** Reading alone, but for `more`: discovery puts nothing into another cluster. */
export function readerRights(more: readonly unknown[] = []): Resource[] {
  const name = 'istio-reader-clusterrole-istio-system';
  const verbs = ['get', 'list', 'watch'];
  const resources = ['endpoints', 'pods', 'services', 'nodes', 'namespaces'];
  const group = 'rbac.authorization.k8s.io';
  const of = { apiVersion: `${group}/v1`, metadata: { name } };
  return [
    {
      ...of,
      kind: 'ClusterRole',
      rules: [
        { apiGroups: [''], resources, verbs },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
        ...more,
      ],
    },
    {
      ...of,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: READER, namespace: SYSTEM }],
    },
  ];
}

function service(
  name: string,
  selector: Record<string, string>,
  { type, ports }: { readonly type: string; readonly ports: readonly number[] },
): Resource {
  const named = ports.map((port) => ({
    name: `tls-${String(port)}`,
    port,
    targetPort: port,
    protocol: 'TCP',
  }));
  const metadata = inSystem(name, selector);
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { type, selector, ports: named } };
}

interface Workload {
  /** Its pods have them too. */
  readonly labels: Record<string, string>;
  /** Of its pods, besides. */
  readonly podLabels: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly serviceAccountName: string;
  readonly container: unknown;
}

function deployment(name: string, workload: Workload): Resource {
  const { labels, podLabels, annotations = {}, serviceAccountName, container } = workload;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: inSystem(name, labels),
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {
        metadata: { labels: { ...labels, ...podLabels }, annotations },
        spec: {
          serviceAccountName,
          terminationGracePeriodSeconds: 30,
          restartPolicy: 'Always',
          containers: [container],
        },
      },
    },
  };
}

const controlPlane = ({ name }: ClusterSpec, revision: string): Resource =>
  deployment(istiodOf(revision), {
    labels: { app: 'istiod', 'istio.io/rev': revision },
    // A control plane would wait for itself to inject its own proxy.
    podLabels: { 'sidecar.istio.io/inject': 'false' },
    serviceAccountName: 'istiod',
    container: {
      name: 'discovery',
      image: `meshproof.dev/embedded/pilot:${version}`,
      env: [
        { name: 'CLUSTER_ID', value: name },
        { name: 'REVISION', value: revision },
      ],
    },
  });

/** An east-west gateway, that leads to the control plane at other ports. */
export function gateway(cluster: ClusterSpec, otherPorts: readonly number[] = []): Resource[] {
  const { network, revision } = cluster;
  const labels = { app: GATEWAY, istio: 'eastwestgateway', 'topology.istio.io/network': network };
  return [
    service(GATEWAY, labels, { type: 'LoadBalancer', ports: [TLS_PORT, ...otherPorts] }),
    deployment(GATEWAY, {
      labels,
      podLabels: {
        'sidecar.istio.io/inject': 'true',
        ...(revision === undefined ? {} : { 'istio.io/rev': revision }),
      },
      annotations: { 'inject.istio.io/templates': 'gateway' },
      serviceAccountName: `${GATEWAY}-service-account`,
      container: {
        name: 'istio-proxy',
        image: 'auto',
        imagePullPolicy: 'IfNotPresent',
        args: ['proxy', 'router'],
        ports: [{ containerPort: TLS_PORT, name: 'tls', protocol: 'TCP' }],
      },
    }),
  ];
}

const tls = { number: TLS_PORT, name: 'tls', protocol: 'TLS' };

/** All services, at the gateways that the control plane configures. */
export const exposure: Resource = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: inSystem('cross-network-gateway'),
  spec: {
    selector: { istio: 'eastwestgateway' },
    servers: [{ port: tls, tls: { mode: 'AUTO_PASSTHROUGH' }, hosts: ['*.local'] }],
  },
};

/** A mesh as its documents install it, in one cluster: what `istioctl install`, certificates and labels come to. */
import manifest from '../../package.json' with { type: 'json' };
import { injectorWebhooks } from './mesh/index.ts';
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
}

/** The revision of a cluster's first control plane. */
export const firstRevision = ({ revision = 'default' }: ClusterSpec): string => revision;

/** What a Deployment or Service of a revision's control plane is called. */
export const istiodOf = (revision: string): string =>
  revision === 'default' ? 'istiod' : `istiod-${revision}`;

/** A control plane of a revision: the first of its cluster, or one beside it. */
export function controlPlaneObjects(cluster: ClusterSpec, revision = firstRevision(cluster)): Resource[] {
  const isDefault = revision === firstRevision(cluster);
  const selector = { app: 'istiod', 'istio.io/rev': revision };
  return [
    injectorWebhooks(revision, { isDefault, caBundle: '' }),
    service(istiodOf(revision), selector, { type: 'ClusterIP', port: 15012 }),
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
    rootConfigMap(installation.authority),
    ...controlPlaneObjects(installation.spec),
    ...(installation.needsGateway ? gateway(installation.spec) : []),
  ];
}

/**
 * How a control plane is told of another cluster.
 * Source: https://istio.io/latest/docs/setup/install/multicluster/multi-primary_multi-network/
 */
export function remoteSecret(cluster: string, kubeconfig: string): Resource {
  return {
    ...secret(`istio-remote-secret-${cluster}`, { [cluster]: kubeconfig }),
    metadata: {
      name: `istio-remote-secret-${cluster}`,
      namespace: SYSTEM,
      labels: { 'istio/multiCluster': 'true' },
      annotations: { 'networking.istio.io/cluster': cluster },
    },
  };
}

const namespace = ({ network }: ClusterSpec): Resource => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: SYSTEM,
    labels: { 'kubernetes.io/metadata.name': SYSTEM, 'topology.istio.io/network': network },
  },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

const inSystem = (name: string, labels?: Record<string, string>): Resource['metadata'] => ({
  name,
  namespace: SYSTEM,
  ...(labels === undefined ? {} : { labels }),
});

const account = (name: string): Resource => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: inSystem(name),
});

function secret(name: string, texts: Readonly<Record<string, string>>): Resource {
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: inSystem(name),
    type: 'Opaque',
    data: Object.fromEntries(data) as Record<string, string>,
  };
}

const rootConfigMap = (authority: Readonly<Record<string, string>>): Resource => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: inSystem('istio-ca-root-cert', { 'istio.io/config': 'true' }),
  data: { 'root-cert.pem': authority['root-cert.pem'] ?? '' },
});

/** Reading alone: discovery puts nothing into another cluster. */
function readerRights(): Resource[] {
  const name = 'istio-reader-clusterrole-istio-system';
  const reads = ['get', 'list', 'watch'];
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        {
          apiGroups: [''],
          resources: ['endpoints', 'pods', 'services', 'nodes', 'namespaces'],
          verbs: reads,
        },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: reads },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: READER, namespace: SYSTEM }],
    },
  ];
}

function service(
  name: string,
  selector: Record<string, string>,
  { type, port }: { readonly type: string; readonly port: number },
): Resource {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: inSystem(name, selector),
    spec: { type, selector, ports: [{ name: 'tls', port, targetPort: port, protocol: 'TCP' }] },
  };
}

interface Workload {
  readonly name: string;
  readonly labels: Record<string, string>;
  /** Of its pods, besides. */
  readonly podLabels: Record<string, string>;
  readonly podAnnotations?: Record<string, string>;
  readonly account: string;
  readonly container: unknown;
}

function deployment({ name, labels, account: serviceAccountName, container, ...pods }: Workload): Resource {
  const { podLabels, podAnnotations: annotations = {} } = pods;
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
  deployment({
    name: istiodOf(revision),
    labels: { app: 'istiod', 'istio.io/rev': revision },
    // A control plane would wait for itself to inject its own proxy.
    podLabels: { 'sidecar.istio.io/inject': 'false' },
    account: 'istiod',
    container: {
      name: 'discovery',
      image: `meshproof.dev/embedded/pilot:${version}`,
      env: [
        { name: 'CLUSTER_ID', value: name },
        { name: 'REVISION', value: revision },
      ],
    },
  });

function gateway(cluster: ClusterSpec): Resource[] {
  const { network, revision } = cluster;
  const labels = {
    app: GATEWAY,
    istio: 'eastwestgateway',
    'topology.istio.io/network': network,
  };
  return [
    service(GATEWAY, labels, { type: 'LoadBalancer', port: TLS_PORT }),
    deployment({
      name: GATEWAY,
      labels,
      podLabels: {
        'sidecar.istio.io/inject': 'true',
        ...(revision === undefined ? {} : { 'istio.io/rev': revision }),
      },
      podAnnotations: { 'inject.istio.io/templates': 'gateway' },
      account: `${GATEWAY}-service-account`,
      container: {
        name: 'istio-proxy',
        image: 'auto',
        imagePullPolicy: 'IfNotPresent',
        args: ['proxy', 'router'],
        ports: [{ containerPort: TLS_PORT, name: 'tls', protocol: 'TCP' }],
      },
    }),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: inSystem('cross-network-gateway'),
      spec: {
        selector: { istio: 'eastwestgateway' },
        servers: [
          {
            port: { number: TLS_PORT, name: 'tls', protocol: 'TLS' },
            tls: { mode: 'AUTO_PASSTHROUGH' },
            hosts: ['*.local'],
          },
        ],
      },
    },
  ];
}

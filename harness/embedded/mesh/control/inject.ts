/** Admission of pods: which get a proxy beside their application, by the injector's webhooks as they are in the cluster. */
import { ApiError, type Resource, type Store } from '../../types.ts';
import { containersOf, hasProxy } from './fields.ts';

/** What the embedded mesh calls itself where Istio has its version. */
export const PROXY_IMAGE = 'docker.io/istio/proxyv2:1.31.0';

interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Requirement[];
}

interface Webhook {
  readonly name: string;
  readonly namespaceSelector?: Selector;
  readonly objectSelector?: Selector;
}

type Labels = Readonly<Record<string, string>>;

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      if (operator === 'In') return value !== undefined && values.includes(value);
      return value === undefined || !values.includes(value);
    })
  );
}

/** The revision whose injector takes the pod; undefined where none does. */
function revisionFor(store: Store, pod: Resource): string | undefined {
  const { namespace = 'default', labels = {} } = pod.metadata;
  const home = store.get({ kind: 'Namespace', name: namespace })?.metadata.labels ?? {};
  for (const configuration of store.list('MutatingWebhookConfiguration')) {
    const webhooks = (configuration['webhooks'] ?? []) as readonly Webhook[];
    const takes = webhooks.some(
      ({ namespaceSelector = {}, objectSelector = {} }) =>
        matches(namespaceSelector, home) && matches(objectSelector, labels),
    );
    if (takes) return configuration.metadata.labels?.['istio.io/rev'] ?? 'default';
  }
  return undefined;
}

/**
 * The pod with its proxy, or as it is. Throws ApiError 500, as Kubernetes does with failurePolicy Fail, while the
 * revision's control plane is not there: `isUp` tells.
 */
export function inject(store: Store, pod: Resource, isUp: (revision: string) => boolean): Resource {
  if (hasProxy(pod) && !hasOpenImage(pod)) return pod;
  const revision = revisionFor(store, pod);
  if (revision === undefined) return pod;
  if (!isUp(revision)) {
    throw new ApiError(
      500,
      'InternalError',
      `Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": failed to call webhook: Post "https://${istiodOf(revision)}.istio-system.svc:443/inject?timeout=10s": connect: connection refused`,
    );
  }
  return hasProxy(pod) ? withImage(pod, revision) : withProxy(pod, revision);
}

/** What a Deployment or Service of a revision's control plane is called. */
export const istiodOf = (revision: string): string =>
  revision === 'default' ? 'istiod' : `istiod-${revision}`;

/** By what an injected pod tells who injected it. */
const signOf = (revision: string): Record<string, string> => ({
  'istio.io/rev': revision,
  'sidecar.istio.io/status': JSON.stringify({ containers: ['istio-proxy'], revision }),
});

/** What who writes a gateway leaves to the injector. */
const AUTO = 'auto';
const hasOpenImage = (pod: Resource): boolean => containersOf(pod).some(({ image }) => image === AUTO);

/** A gateway, whose proxy is there already. */
function withImage(pod: Resource, revision: string): Resource {
  const copy = structuredClone(pod);
  copy.metadata.annotations = { ...copy.metadata.annotations, ...signOf(revision) };
  const spec = copy['spec'] as { containers: { image?: string }[] };
  for (const container of spec.containers) if (container.image === AUTO) container.image = PROXY_IMAGE;
  return copy;
}

function withProxy(pod: Resource, revision: string): Resource {
  const copy = structuredClone(pod);
  const { metadata } = copy;
  const spec = copy['spec'] as { containers: unknown[] };
  const { labels = {} } = metadata;
  metadata.labels = {
    ...labels,
    'security.istio.io/tlsMode': 'istio',
    'service.istio.io/canonical-name': labels['app'] ?? metadata.name,
    'service.istio.io/canonical-revision': labels['version'] ?? 'latest',
  };
  metadata.annotations = { ...metadata.annotations, ...signOf(revision) };
  spec.containers = [
    ...spec.containers,
    { name: 'istio-proxy', image: PROXY_IMAGE, imagePullPolicy: 'IfNotPresent', args: ['proxy', 'sidecar'] },
  ];
  return copy;
}

const has = (key: string, ...values: string[]): Requirement => ({ key, operator: 'In', values });
const hasNot = (key: string, ...values: string[]): Requirement => ({ key, operator: 'NotIn', values });
const lacks = (key: string): Requirement => ({ key, operator: 'DoesNotExist' });

const INJECTION = 'istio-injection';
const REVISION = 'istio.io/rev';
const POD = 'sidecar.istio.io/inject';

/**
 * The injector of a revision, as Istio installs it: pods by their namespace's label unless they say no, or by their own.
 * The first revision of a cluster is `default`'s too: give `isDefault`.
 */
export function injectorWebhooks(
  revision: string,
  { isDefault, path = '/inject' }: { readonly isDefault: boolean; readonly path?: string },
): Resource {
  const service = { name: istiodOf(revision), namespace: 'istio-system', path, port: 443 };
  const webhook = (name: string, namespace: Requirement[], object: Requirement[]): unknown => ({
    name: `${name}.sidecar-injector.istio.io`,
    clientConfig: { service, caBundle: '' },
    namespaceSelector: { matchExpressions: namespace },
    objectSelector: { matchExpressions: object },
    rules: [
      { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: '*' },
    ],
    failurePolicy: 'Fail',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    timeoutSeconds: 10,
  });
  const unlabelled = [lacks(INJECTION), lacks(REVISION)];
  const wanted = [hasNot(POD, 'false')];
  const byDefault = [
    webhook('namespace', [has(INJECTION, 'enabled')], wanted),
    webhook('object', unlabelled, [has(POD, 'true'), lacks(REVISION)]),
  ];
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: {
      name: revision === 'default' ? 'istio-sidecar-injector' : `istio-sidecar-injector-${revision}`,
      labels: { app: 'sidecar-injector', 'istio.io/rev': revision },
    },
    webhooks: [
      webhook('rev.namespace', [has(REVISION, revision), lacks(INJECTION)], wanted),
      webhook('rev.object', unlabelled, [...wanted, has(REVISION, revision)]),
      ...(isDefault ? byDefault : []),
    ],
  };
}

/** Defects of what was installed: objects that are missing or wrong. */
import type { Resource } from '../types.ts';
import { elsewhere, GATEWAY, withSpec } from './installed.ts';
import type { Defect, Place } from './types.ts';

const MULTI = 'https://istio.io/latest/docs/setup/install/multicluster/multi-primary_multi-network/';
const TROUBLE = 'https://istio.io/latest/docs/ops/diagnostic-tools/multicluster/';

const isRemoteSecret = ({ metadata }: Resource): boolean =>
  metadata.labels?.['istio/multiCluster'] === 'true';

/** Changes the kubeconfig in a remote secret. */
function withKubeconfig(secret: Resource, change: (text: string) => string): Resource {
  const data = Object.entries((secret['data'] ?? {}) as Record<string, string>).map(([id, encoded]) => {
    const text = change(Buffer.from(encoded, 'base64').toString('utf8'));
    return [id, Buffer.from(text).toString('base64')];
  });
  return { ...secret, data: Object.fromEntries(data) as Record<string, string> };
}

/** In the first cluster, what it knows of the others. */
const inRemoteSecrets =
  (change: (text: string) => string) =>
  (object: Resource, { isFirst }: Place): Resource =>
    isFirst && isRemoteSecret(object) ? withKubeconfig(object, change) : object;

export const installation: Readonly<Record<string, Defect>> = {
  'other-root': {
    cause: 'the other cluster was installed with a root certificate of its own',
    symptom: 'CERTIFICATE_VERIFY_FAILED between clusters; each answers its own callers only',
    source: 'https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/',
    hasOtherRoot: ({ isFirst }) => !isFirst,
  },
  'remote-secret-missing': {
    cause: 'cluster1 has no remote secret for the other cluster, or for the one that is named',
    symptom: 'its control plane has no endpoints of the other; all answers are local',
    source: TROUBLE,
    takes: 'another cluster than the first',
    object: (object, { isFirst, value }) =>
      isFirst && isRemoteSecret(object) && (value === undefined || object.metadata.name.endsWith(`-${value}`))
        ? undefined
        : object,
  },
  'remote-token-stale': {
    cause: 'the token in the remote secret is not valid any more',
    symptom: '401 at the other API server; the cluster is never synced',
    source: TROUBLE,
    object: inRemoteSecrets((text) => text.replace(/token: .*/, 'token: stale')),
  },
  'remote-address-wrong': {
    cause: 'the remote secret names an address that is not the API server',
    symptom: 'connection refused; the cluster is never synced',
    source: TROUBLE,
    object: inRemoteSecrets((text) => text.replace(/server: .*/, 'server: https://127.0.0.1:9')),
  },
  'reader-has-no-rights': {
    cause: 'the ClusterRole of the remote reader allows nothing',
    symptom: '403 at the other API server; the cluster is never synced',
    source: TROUBLE,
    object: elsewhere('ClusterRole', (role) => ({ ...role, rules: [] })),
  },
  'discovery-address-of-another': {
    cause: 'defaultConfig.discoveryAddress names the control plane of the first cluster in all of them',
    symptom: 'calls are as they should be; the control planes of the other clusters configure nobody',
    source: MULTI,
    asksTheFirst: true,
  },
  'reader-may-write': {
    cause: 'the remote reader was bound to a role that may write',
    symptom: 'calls are as they should be; a control plane could change the other cluster',
    source: MULTI,
    object: elsewhere('ClusterRole', (role) => ({
      ...role,
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    })),
  },
  'network-label-missing': {
    cause: 'the namespace istio-system of the other cluster has no network label',
    symptom: 'its pods count as on the same network; packets to them are lost',
    source: MULTI,
    object: elsewhere('Namespace', (namespace) => {
      const { 'topology.istio.io/network': _network, ...labels } = namespace.metadata.labels ?? {};
      return { ...namespace, metadata: { ...namespace.metadata, labels } };
    }),
  },
  'gateway-address-missing': {
    cause: 'the east-west gateway of the other cluster gets no address',
    symptom: 'there is no way into the network; endpoints behind it are of no use',
    source: TROUBLE,
    object: elsewhere('Service', (service) => withSpec(service, { type: 'ClusterIP' }), GATEWAY),
  },
  'gateway-object-missing': {
    cause: 'the Gateway that exposes services was not applied in the other cluster',
    symptom: 'the gateway does not pass on any server name',
    source: MULTI,
    object: elsewhere('Gateway', () => undefined),
    isIncomplete: true,
  },
  'gateway-speaks-http': {
    cause:
      'the Gateway that exposes services in cluster2, or in the one that is named, declares its port as HTTP',
    symptom: 'plaintext is answered with 404; TLS handshakes from other clusters fail',
    source: 'https://istio.io/latest/docs/ops/common-problems/network-issues/',
    takes: 'a cluster',
    fallback: 'cluster2',
    object: (object, { cluster, value }) =>
      cluster === value && object.kind === 'Gateway' ? withoutTls(object) : object,
    isIncomplete: true,
  },
  'gateway-scaled-away': {
    cause: 'the east-west gateway of the other cluster runs no pod',
    symptom: 'connections to its address are refused',
    source: TROUBLE,
    object: elsewhere('Deployment', scaledAway, GATEWAY),
    isIncomplete: true,
  },
  'injection-by-no-revision': {
    cause: 'no injector of the other cluster matches the label that namespaces carry',
    symptom: 'its pods have no proxy',
    source: 'https://istio.io/latest/docs/ops/common-problems/injection/',
    object: elsewhere('MutatingWebhookConfiguration', withoutNamespaces),
  },
  'webhook-points-outside': {
    cause: "the other cluster's injector is called at an address outside of it, or by a Service without pods",
    symptom: 'calls are as they should be; a cluster depends on another',
    source: MULTI,
    takes: ['url', 'service'],
    fallback: 'url',
    object: (object, place) =>
      place.value === 'service'
        ? // As the profile `remote` has it: addresses are written down beside it.
          elsewhere('Service', (istiod) => withSpec(istiod, { selector: undefined }), 'istiod')(object, place)
        : elsewhere('MutatingWebhookConfiguration', pointedOutside)(object, place),
  },
  'node-routes-missing': {
    cause: 'the nodes of a flat network have no routes to the pods of the other cluster',
    symptom: 'connections between pods of two clusters time out',
    source: 'https://istio.io/latest/docs/setup/install/multicluster/before-you-begin/',
    isCutOff: true,
  },
  'control-plane-down': {
    cause: 'the control plane of the other cluster runs no pod',
    symptom: 'its pods are refused: nothing answers the injector',
    source: 'https://istio.io/latest/docs/ops/common-problems/injection/',
    object: elsewhere('Deployment', (one) =>
      one.metadata.labels?.['app'] === 'istiod' ? scaledAway(one) : one,
    ),
    isIncomplete: true,
  },
};

function scaledAway(deployment: Resource): Resource {
  return withSpec(deployment, { replicas: 0 });
}

/** Pods that ask by themselves are still injected, as gateways do. */
function withoutNamespaces(injector: Resource): Resource {
  const webhooks = (injector['webhooks'] ?? []) as readonly { readonly name: string }[];
  return { ...injector, webhooks: webhooks.filter(({ name }) => !/^(?:rev\.)?namespace\./.test(name)) };
}

function withoutTls(gateway: Resource): Resource {
  const { servers, ...spec } = gateway['spec'] as { servers: readonly { port: object; tls?: object }[] };
  const open = servers.map(({ port, tls: _tls, ...server }) => {
    return { ...server, port: { ...port, name: 'http', protocol: 'HTTP' } };
  });
  return { ...gateway, spec: { ...spec, servers: open } };
}

function pointedOutside(object: Resource): Resource {
  const webhooks = (object['webhooks'] ?? []) as readonly object[];
  const clientConfig = { url: 'https://istiod.elsewhere.example:15017/inject' };
  return { ...object, webhooks: webhooks.map((webhook) => ({ ...webhook, clientConfig })) };
}

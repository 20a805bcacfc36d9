/** Defects of a mesh whose control planes have named revisions, of its public gateways, and of what is left behind. */
import type { Resource } from '../types.ts';
import { elsewhere, GATEWAY } from './installed.ts';
import type { Defect, Running } from './types.ts';

const GATEWAYS = 'https://istio.io/latest/docs/setup/additional-setup/gateway/';
const REVISIONS = 'https://istio.io/latest/docs/setup/upgrade/canary/';
const NAMESPACES = 'https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/';

const REVISION = 'istio.io/rev';
/** Of this machine alone, and nobody listens there. */
const NOBODY = '127.0.0.9';

/** A gateway's Deployment whose pods ask for another revision. */
function ofAnotherRevision(deployment: Resource): Resource {
  const copy = structuredClone(deployment);
  const { template } = copy['spec'] as { template: { metadata: { labels: Record<string, string> } } };
  template.metadata.labels[REVISION] = 'another';
  return copy;
}

/** The same injector, for namespaces with a label that none of them carries. */
function misspelt(injector: Resource, revision: string): Resource {
  const webhooks = injector['webhooks'] as readonly { readonly namespaceSelector: unknown }[];
  const old = (selector: unknown): unknown =>
    JSON.parse(JSON.stringify(selector).replaceAll(`["${revision}"]`, `["${revision}-old"]`));
  return {
    ...injector,
    webhooks: webhooks.map((one) => ({ ...one, namespaceSelector: old(one.namespaceSelector) })),
  };
}

/** Does something in every cluster whenever a namespace was made there. */
function onNewNamespaces(
  clusters: readonly Running[],
  act: (one: Running, name: string) => void,
): () => void {
  const stops = clusters.map((one) =>
    one.store.watch(({ type, object }) => {
      if (type === 'ADDED' && object.kind === 'Namespace') act(one, object.metadata.name);
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

export const revisions: Readonly<Record<string, Defect>> = {
  'gateway-address-wrong': {
    cause: 'the load balancer of the other cluster tells an address at which nobody listens',
    symptom: 'connections to the gateway are refused; all answers are local',
    source: 'https://istio.io/latest/docs/ops/diagnostic-tools/multicluster/',
    object: elsewhere(
      'Service',
      (service) => ({ ...service, status: { loadBalancer: { ingress: [{ ip: NOBODY }] } } }),
      GATEWAY,
    ),
  },
  'gateway-of-another-revision': {
    cause: "the other cluster's gateway asks for a revision whose control plane is not there",
    symptom: 'its pod waits for ever at Pulling image "auto"',
    source: GATEWAYS,
    object: elsewhere('Deployment', ofAnotherRevision, GATEWAY),
    isIncomplete: true,
  },
  'injector-of-another-revision': {
    cause: "a named revision's injector answers to the label of the one before it",
    symptom: 'pods that ask for the revision get no proxy, and no error says so',
    source: REVISIONS,
    object: (object) => {
      const { [REVISION]: revision = 'default' } = object.metadata.labels ?? {};
      const isNamed = object.kind === 'MutatingWebhookConfiguration' && revision !== 'default';
      return isNamed ? misspelt(object, revision) : object;
    },
  },
  'rights-left-behind': {
    cause: 'an operator gives every namespace a role in the whole cluster, and never takes it back',
    symptom: 'a namespace that is deleted leaves the role behind',
    source: 'https://kubernetes.io/docs/concepts/architecture/garbage-collection/',
    goesOn: (clusters) =>
      onNewNamespaces(clusters, ({ store }, name) => {
        store.create({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: `${name}-viewer` },
          rules: [],
        });
      }),
  },
  'namespaces-never-end': {
    cause: 'namespaces are given a finalizer whose controller is gone',
    symptom: 'a namespace that is deleted stays at Terminating',
    source: NAMESPACES,
    goesOn: (clusters) =>
      onNewNamespaces(clusters, ({ store }, name) => {
        store.update({ kind: 'Namespace', name }, (copy) => ({
          ...copy,
          metadata: { ...copy.metadata, finalizers: ['operator.example/cleanup'] },
        }));
      }),
  },
};

import { kubectl } from '../../cluster/kubeconfig.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import { about } from '../../provider/preflight/findings.ts';
import type { Finding } from '../../provider/types.ts';
import { injectorsIn } from '../istio/webhooks.ts';
import type { MeshMember } from '../preflight.ts';

/** A label selector of the Kubernetes API. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

type Labels = Readonly<Record<string, string>>;

/** One webhook of an injector: which pods of which namespaces it gives proxies to. */
export interface Injector {
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}

interface Webhooks extends KubernetesObject {
  readonly webhooks?: readonly Injector[];
}

interface Deployment extends KubernetesObject {
  readonly spec?: { readonly template?: { readonly metadata?: Partial<KubernetesObject['metadata']> } };
}

const REVISION = 'istio.io/rev';
const INJECTION = 'istio-injection';
/** A finding names at most so many. */
const MOST_NAMED = 5;

/** Does the selector match an object with these labels? An empty selector matches all. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  const equal = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      if (operator === 'In') return value !== undefined && values.includes(value);
      return value === undefined || !values.includes(value); // NotIn
    })
  );
}

/** Would a pod get a proxy from one of these injectors? */
export function isInjected(
  injectors: readonly Injector[],
  labels: { readonly namespace: Labels; readonly pod?: Labels },
): boolean {
  return injectors.some(
    ({ namespaceSelector, objectSelector }) =>
      selects(namespaceSelector, labels.namespace) && selects(objectSelector, labels.pod ?? {}),
  );
}

/**
 * Would pods get proxies: those of the harness, and those of namespaces and gateways that are there? Nothing is said
 * where it may not be looked at.
 */
export async function checkInjection(member: MeshMember): Promise<Finding[]> {
  const { client } = member;
  const found = await injectorsIn<Webhooks>(client).catch(() => undefined);
  if (found === undefined) return [];
  const injectors = found.flatMap(({ webhooks = [] }) => webhooks);
  if (injectors.length === 0) return checkOwnLabel(member, injectors);
  const [namespaces, deployments] = await Promise.all([namespacesOf(client), gatewaysOf(client)]);
  return [
    ...checkOwnLabel(member, injectors),
    ...checkUnknownRevisions(member, injectors, namespaces),
    ...checkBothLabels(member, injectors, namespaces),
    ...checkGatewayPods(member, injectors, { namespaces, deployments }),
  ];
}

const namespacesOf = (client: Cluster): Promise<KubernetesObject[]> =>
  client.list({ apiVersion: 'v1', kind: 'Namespace' }).catch(() => []);

/** Deployments whose pods wait for the injector to put in their image; `auto` is none. */
async function gatewaysOf(client: Cluster): Promise<Deployment[]> {
  const all = await client.list<Deployment>({ apiVersion: 'apps/v1', kind: 'Deployment' }).catch(() => []);
  return all.filter(
    ({ spec }) => spec?.template?.metadata?.annotations?.['inject.istio.io/templates'] === 'gateway',
  );
}

const labelsOf = ({ metadata }: KubernetesObject): Labels => ({
  ...metadata.labels,
  'kubernetes.io/metadata.name': metadata.name,
});

/** The labels of namespaces that a run makes there. */
export const labelsOfRun = ({ mesh, namespaceLabels }: MeshMember): Labels => ({
  ...namespaceLabels,
  [mesh.injectionLabel.key]: mesh.injectionLabel.value,
  'kubernetes.io/metadata.name': 'meshproof',
});

/** Would a namespace with the injection label get proxies? */
function checkOwnLabel(member: MeshMember, injectors: readonly Injector[]): Finding[] {
  const { name, mesh } = member;
  const { key, value } = mesh.injectionLabel;
  if (isInjected(injectors, { namespace: labelsOfRun(member) })) return [];
  const message = `no injector of this cluster matches the label ${key}=${value}; pods would get no proxy`;
  const remedy = 'name the right one: --injection-label KEY=VALUE; see: istioctl tag list';
  return [about(name).warning(message, remedy)];
}

/** Namespaces that name a revision which nobody injects for: their pods come up without a proxy, and no error says so. */
function checkUnknownRevisions(
  { name, client, mesh }: MeshMember,
  injectors: readonly Injector[],
  namespaces: readonly KubernetesObject[],
): Finding[] {
  const lost = namespaces.filter(
    ({ metadata: { labels = {} } }) =>
      labels[REVISION] !== undefined &&
      labels[INJECTION] === undefined &&
      !isInjected(injectors, { namespace: { [REVISION]: labels[REVISION] } }),
  );
  if (lost.length === 0) return [];
  const seen = named(lost, ({ labels }) => `${REVISION}=${labels?.[REVISION] ?? ''}`);
  const running = mesh.controlPlanes.map(({ revision }) => revision).join(', ') || 'not known';
  const message = `namespaces name a revision that nobody injects for (${seen}); their pods get no proxy. Revisions running: ${running}`;
  const remedy = `${kubectl(client)} label namespace ${lost[0]?.metadata.name ?? ''} ${REVISION}=${mesh.controlPlanes[0]?.revision ?? 'REVISION'} --overwrite; see: istioctl tag list`;
  return [about(name).warning(message, remedy)];
}

/** Namespaces with both labels: `istio-injection` wins, and the revision has no say. */
function checkBothLabels(
  { name, client }: MeshMember,
  injectors: readonly Injector[],
  namespaces: readonly KubernetesObject[],
): Finding[] {
  const both = namespaces.filter(
    ({ metadata: { labels = {} } }) => labels[REVISION] !== undefined && labels[INJECTION] !== undefined,
  );
  if (both.length === 0) return [];
  const seen = named(
    both,
    ({ labels }) => `${INJECTION}=${labels?.[INJECTION] ?? ''} and ${REVISION}=${labels?.[REVISION] ?? ''}`,
  );
  const without = both.filter((namespace) => !isInjected(injectors, { namespace: labelsOf(namespace) }));
  const effect =
    without.length === 0
      ? 'the revision has no say'
      : `pods get no proxy in ${without
          .map(({ metadata }) => metadata.name)
          .slice(0, MOST_NAMED)
          .join(', ')}`;
  const message = `namespaces have both labels of injection (${seen}): ${INJECTION} wins, ${effect}`;
  const remedy = `${kubectl(client)} label namespace ${both[0]?.metadata.name ?? ''} ${INJECTION}-`;
  return [about(name).warning(message, remedy)];
}

/** Gateways whose pods nobody injects: they wait for ever at `Pulling image "auto"`. */
function checkGatewayPods(
  { name, client }: MeshMember,
  injectors: readonly Injector[],
  there: { readonly namespaces: readonly KubernetesObject[]; readonly deployments: readonly Deployment[] },
): Finding[] {
  const stuck = there.deployments.filter(({ metadata, spec }) => {
    const home = there.namespaces.find((one) => one.metadata.name === metadata.namespace);
    const namespace = home === undefined ? {} : labelsOf(home);
    return !isInjected(injectors, { namespace, pod: spec?.template?.metadata?.labels ?? {} });
  });
  return stuck.map(({ metadata, spec }) => {
    const revision = spec?.template?.metadata?.labels?.[REVISION] ?? 'none';
    const message = `no injector matches the gateway ${metadata.namespace ?? ''}/${metadata.name} (${REVISION}: ${revision}); its pods would wait at Pulling image "auto"`;
    const remedy = `${kubectl(client)} -n ${metadata.namespace ?? ''} describe deployment ${metadata.name}; see: istioctl tag list`;
    return about(name).warning(message, remedy);
  });
}

function named(
  objects: readonly KubernetesObject[],
  what: (metadata: KubernetesObject['metadata']) => string,
): string {
  const first = objects.slice(0, MOST_NAMED).map(({ metadata }) => `${metadata.name}: ${what(metadata)}`);
  const more = objects.length - first.length;
  return `${first.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}

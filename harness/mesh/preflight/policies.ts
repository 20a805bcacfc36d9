import type { KubernetesObject } from '../../cluster/types.ts';
import { about } from '../../provider/preflight/findings.ts';
import type { Finding } from '../../provider/types.ts';
import type { MeshMember } from '../preflight.ts';
import type { InjectionLabel } from '../types.ts';

/** A label selector of the Kubernetes API. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface Webhooks extends KubernetesObject {
  readonly webhooks?: readonly { readonly namespaceSelector?: LabelSelector }[];
}

/** Does the selector match an object with these labels? An empty selector matches all. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
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

/** Would a namespace with the injection label get proxies? Nothing is said where webhooks may not be looked at. */
export async function checkInjection({ name, client, mesh }: MeshMember): Promise<Finding[]> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const found = await client
    .list<Webhooks>({
      apiVersion,
      kind: 'MutatingWebhookConfiguration',
      labelSelector: 'app=sidecar-injector',
    })
    .catch(() => undefined);
  if (found === undefined) return [];
  const labels = asLabels(mesh.injectionLabel);
  if (
    found.some(({ webhooks }) =>
      webhooks?.some(({ namespaceSelector }) => selects(namespaceSelector, labels)),
    )
  )
    return [];
  const { key, value } = mesh.injectionLabel;
  const message = `no injector of this cluster matches the label ${key}=${value}; pods would get no proxy`;
  const remedy = 'name the right one: --injection-label KEY=VALUE; see: istioctl tag list';
  return [about(name).warning(message, remedy)];
}

/** As the API gives a namespace's labels, its own name included. */
const asLabels = ({ key, value }: InjectionLabel): Record<string, string> => ({
  [key]: value,
  'kubernetes.io/metadata.name': 'meshproof',
});

interface PeerAuthentication extends KubernetesObject {
  readonly spec?: { readonly mtls?: { readonly mode?: string }; readonly selector?: unknown };
}

/** Does a policy for the whole mesh turn mutual TLS off? Endpoints behind it are not offered to other networks. */
export async function checkMutualTls({ name, client }: MeshMember): Promise<Finding[]> {
  const apiVersion = 'security.istio.io/v1';
  const policies = await client
    .list<PeerAuthentication>({ apiVersion, kind: 'PeerAuthentication', namespace: 'istio-system' })
    .catch(() => []);
  const say = about(name);
  return policies
    .filter(({ spec }) => spec?.selector === undefined)
    .flatMap(({ metadata, spec }) => {
      const policy = `PeerAuthentication istio-system/${metadata.name}`;
      if (spec?.mtls?.mode === 'STRICT') return [say.info(`${policy} demands mutual TLS in the whole mesh`)];
      if (spec?.mtls?.mode !== 'DISABLE') return [];
      const remedy = `kubectl --kubeconfig ${client.kubeconfig} -n istio-system edit peerauthentication ${metadata.name}`;
      return [
        say.warning(
          `${policy} turns mutual TLS off in the whole mesh; nothing passes between networks`,
          remedy,
        ),
      ];
    });
}

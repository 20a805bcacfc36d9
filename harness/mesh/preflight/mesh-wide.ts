import type { Cluster } from '../../cluster/cluster.ts';
import { kubectl } from '../../cluster/kubeconfig.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import { about } from '../../provider/preflight/findings.ts';
import type { Finding } from '../../provider/types.ts';
import type { MeshConfig } from '../istio/mesh-config.ts';
import { SYSTEM_NAMESPACE } from '../istio/settings.ts';
import type { MeshMember } from '../preflight.ts';

interface Policy extends KubernetesObject {
  readonly spec?: {
    readonly selector?: unknown;
    readonly workloadSelector?: unknown;
    readonly targetRef?: unknown;
    readonly targetRefs?: unknown;
    readonly host?: string;
  };
}

/** Kinds whose objects in the root namespace are for all namespaces. */
const KINDS = [
  { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', plural: 'authorizationpolicies' },
  { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', plural: 'destinationrules' },
  { apiVersion: 'networking.istio.io/v1', kind: 'Sidecar', plural: 'sidecars' },
  { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter', plural: 'envoyfilters' },
] as const;

/** Filters that older installations of Istio bring along: they measure, and change no traffic. */
const OF_ISTIO = /^(tcp-)?(stats|metadata-exchange|stackdriver)-/;

/** Does it reach workloads of any namespace? Rules for hosts reach them by a wildcard. */
function isMeshWide({ kind, metadata, spec = {} }: Policy): boolean {
  if (kind === 'EnvoyFilter' && OF_ISTIO.test(metadata.name)) return false;
  if (kind === 'DestinationRule' && spec.host?.startsWith('*') !== true) return false;
  return [spec.selector, spec.workloadSelector, spec.targetRef, spec.targetRefs].every(
    (one) => one === undefined,
  );
}

/** Policies that change traffic in all namespaces. */
export interface MeshWide {
  /** `AuthorizationPolicy istio-system/deny-all` */
  readonly policies: readonly string[];
  /** Shows them. */
  readonly command: string;
}

/** Policies for the whole mesh in these namespaces. Kinds that are not there, or may not be read, are left out. */
export async function meshWideIn(cluster: Cluster, rootNamespaces: readonly string[]): Promise<MeshWide> {
  const asked = rootNamespaces.flatMap((namespace) => KINDS.map((one) => ({ ...one, namespace })));
  const found = await Promise.all(
    asked.map(async ({ apiVersion, kind, plural, namespace }) => {
      const all = await cluster.list<Policy>({ apiVersion, kind, namespace }).catch(() => []);
      const names = all.filter((one) => isMeshWide({ ...one, kind })).map(({ metadata }) => metadata.name);
      return names.map((name) => ({ plural, namespace, policy: `${kind} ${namespace}/${name}` }));
    }),
  );
  const policies = found.flat();
  const plurals = [...new Set(policies.map(({ plural }) => plural))].join(',');
  return {
    policies: policies.map(({ policy }) => policy),
    command: `${kubectl(cluster)} -n ${policies[0]?.namespace ?? SYSTEM_NAMESPACE} get ${plurals} -o yaml`,
  };
}

/** Are there policies for the whole mesh? What is measured is measured with them. */
export async function checkMeshWide(
  { name, client }: MeshMember,
  configs: readonly MeshConfig[],
): Promise<Finding[]> {
  const roots = new Set(configs.map(({ rootNamespace }) => rootNamespace));
  const { policies, command } = await meshWideIn(client, roots.size > 0 ? [...roots] : [SYSTEM_NAMESPACE]);
  if (policies.length === 0) return [];
  const message = `policies for the whole mesh change traffic in the namespaces of a run too: ${policies.join(', ')}`;
  return [about(name).warning(message, `look whether they let the run's calls through: ${command}`)];
}

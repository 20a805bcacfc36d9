import { parse } from 'yaml';
import { z } from 'zod';
import type { Cluster } from '../../cluster/cluster.ts';
import { kubectl } from '../../cluster/kubeconfig.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { LabelSelector } from '../preflight/injection.ts';
import type { ControlPlane } from '../types.ts';
import type { MeshNames } from './operator.ts';
import { nameInRevision, SYSTEM_NAMESPACE } from './settings.ts';

/** What one control plane is told of its mesh, as far as it is read here. */
export interface MeshConfig extends MeshNames {
  /** The ConfigMap that holds it. */
  readonly name: string;
  /** Policies in this namespace are for the whole mesh. */
  readonly rootNamespace: string;
  /** Namespaces that the control plane looks at: those that any of these matches; all where there are none. */
  readonly discoverySelectors: readonly LabelSelector[];
}

/** That of the default revision. */
const CONFIG_MAP = 'istio';

const meshConfig = z.object({
  trustDomain: z.string().optional(),
  defaultConfig: z.object({ meshId: z.string().optional() }).optional(),
  rootNamespace: z.string().optional(),
  discoverySelectors: z.array(z.custom<LabelSelector>()).optional(),
});

/**
 * What the mesh of a revision calls itself; nothing where there is no ConfigMap or it says nothing, and Istio's defaults hold.
 *
 * @throws Error if the ConfigMap is not readable as Istio writes it
 */
export async function meshNamesOf(client: Cluster, revision: string | undefined): Promise<MeshNames> {
  const found = await read(client, nameInRevision(CONFIG_MAP, revision));
  return { meshId: found?.meshId, trustDomain: found?.trustDomain };
}

/** The configuration of each control plane of a cluster. What is not there, may not be read or is not Istio's is left out. */
export async function meshConfigsOf(
  cluster: Cluster,
  controlPlanes: readonly ControlPlane[],
): Promise<MeshConfig[]> {
  const names = new Set(controlPlanes.map(({ revision }) => nameInRevision(CONFIG_MAP, revision)));
  const found = await Promise.all([...names].map((name) => read(cluster, name).catch(() => undefined)));
  return found.filter((one) => one !== undefined);
}

/** Format: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
async function read(cluster: Cluster, name: string): Promise<MeshConfig | undefined> {
  const config = await cluster.get<KubernetesObject & { readonly data?: Readonly<Record<string, string>> }>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: SYSTEM_NAMESPACE,
    name,
  });
  if (config === undefined) return undefined;
  const parsed = meshConfig.safeParse(parse(config.data?.['mesh'] ?? '') ?? {});
  if (!parsed.success)
    throw new Error(
      `expected Istio's MeshConfig in the ConfigMap ${name} of ${cluster.name}, key mesh; ${z.prettifyError(parsed.error)}\n` +
        `  look: ${kubectl(cluster)} -n ${SYSTEM_NAMESPACE} get configmap ${name} -o yaml`,
    );
  const { trustDomain, defaultConfig, rootNamespace, discoverySelectors = [] } = parsed.data;
  return {
    name,
    ...{ trustDomain, meshId: defaultConfig?.meshId },
    rootNamespace: rootNamespace || SYSTEM_NAMESPACE,
    discoverySelectors,
  };
}

import { parse } from 'yaml';
import type { Cluster } from '../../cluster/cluster.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { LabelSelector } from '../preflight/injection.ts';
import type { ControlPlane } from '../types.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';

/** What one control plane is told of its mesh, as far as it is read here. */
export interface MeshConfig {
  /** The ConfigMap that holds it. */
  readonly name: string;
  /** Policies in this namespace are for the whole mesh. */
  readonly rootNamespace: string;
  /** Namespaces that the control plane looks at: those that any of these matches; all where there are none. */
  readonly discoverySelectors: readonly LabelSelector[];
}

/**
 * The configuration of each control plane of a cluster. What is not there, may not be read or is no YAML is left out.
 *
 * Source: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
 */
export async function meshConfigsOf(
  cluster: Cluster,
  controlPlanes: readonly ControlPlane[],
): Promise<MeshConfig[]> {
  const names = controlPlanes.map(({ revision }) => (revision === 'default' ? 'istio' : `istio-${revision}`));
  const found = await Promise.all(
    [...new Set(names)].map((name) => read(cluster, name).catch(() => undefined)),
  );
  return found.filter((one) => one !== undefined);
}

async function read(cluster: Cluster, name: string): Promise<MeshConfig | undefined> {
  const config = await cluster.get<KubernetesObject & { readonly data?: Readonly<Record<string, string>> }>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: SYSTEM_NAMESPACE,
    name,
  });
  if (config === undefined) return undefined;
  const mesh = parse(config.data?.['mesh'] ?? '') as Partial<MeshConfig> | null;
  const { rootNamespace, discoverySelectors: selectors } = mesh ?? {};
  return {
    name,
    rootNamespace: rootNamespace || SYSTEM_NAMESPACE,
    discoverySelectors: Array.isArray(selectors) ? selectors : [],
  };
}

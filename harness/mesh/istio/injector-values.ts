import type { Cluster } from '../../cluster/cluster.ts';
import { ApiError } from '../../cluster/errors.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { ControlPlane } from '../types.ts';
import { nameInRevision, SYSTEM_NAMESPACE } from './settings.ts';

const INJECTOR = 'istio-sidecar-injector';

/** What a mesh was installed with, as its injectors tell. */
interface Globals {
  readonly network?: string;
  readonly proxy?: { readonly clusterDomain?: string };
}

/**
 * The network that a cluster's control planes put on the pods that they inject (`values.global.network` of the
 * installation), as their injectors' ConfigMaps tell; null where none does, or where they may not be read.
 */
export async function networkOfInjectors(
  cluster: Cluster,
  controlPlanes: readonly ControlPlane[],
): Promise<string | null> {
  const all = await globalsOf(cluster, controlPlanes);
  // Istio's own default is an empty string.
  return all.map(({ network }) => network).find(Boolean) ?? null;
}

/** The cluster domains for which proxies are injected there, each once; none where that may not be read. */
export async function clusterDomainsOfInjectors(
  cluster: Cluster,
  controlPlanes: readonly ControlPlane[],
): Promise<readonly string[]> {
  const all = await globalsOf(cluster, controlPlanes);
  return [...new Set(all.flatMap(({ proxy }) => proxy?.clusterDomain ?? []))];
}

const globalsOf = (cluster: Cluster, controlPlanes: readonly ControlPlane[]): Promise<Globals[]> =>
  Promise.all(controlPlanes.map(({ revision }) => globalsIn(cluster, nameInRevision(INJECTOR, revision))));

async function globalsIn(cluster: Cluster, name: string): Promise<Globals> {
  const config = await cluster
    .get<KubernetesObject & { readonly data?: Readonly<Record<string, string>> }>({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: SYSTEM_NAMESPACE,
      name,
    })
    .catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 403) return undefined;
      throw error;
    });
  try {
    const values = JSON.parse(config?.data?.['values'] ?? '{}') as { readonly global?: Globals } | null;
    return values?.global ?? {};
  } catch {
    return {};
  }
}

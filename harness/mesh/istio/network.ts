import type { Cluster } from '../../cluster/cluster.ts';
import { ApiError } from '../../cluster/errors.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { ControlPlane } from '../types.ts';
import { nameInRevision, SYSTEM_NAMESPACE } from './settings.ts';

const INJECTOR = 'istio-sidecar-injector';

/**
 * The network that a cluster's control planes put on the pods that they inject (`values.global.network` of the
 * installation), as their injectors' ConfigMaps tell; null where none does, or where they may not be read.
 */
export async function networkOfInjectors(
  cluster: Cluster,
  controlPlanes: readonly ControlPlane[],
): Promise<string | null> {
  const names = controlPlanes.map(({ revision }) => nameInRevision(INJECTOR, revision));
  const networks = await Promise.all(names.map((name) => networkIn(cluster, name)));
  return networks.find((network) => network !== null) ?? null;
}

async function networkIn(cluster: Cluster, name: string): Promise<string | null> {
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
    const values = JSON.parse(config?.data?.['values'] ?? '{}') as {
      readonly global?: { readonly network?: string };
    } | null;
    // Istio's own default is an empty string.
    return values?.global?.network || null;
  } catch {
    return null;
  }
}

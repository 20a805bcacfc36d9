import { parse } from 'yaml';
import { z } from 'zod';
import type { Cluster } from '../../cluster/cluster.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { MeshNames } from './operator.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';

const meshConfig = z.object({
  trustDomain: z.string().optional(),
  defaultConfig: z.object({ meshId: z.string().optional() }).optional(),
});

/** The ConfigMap with the configuration of a revision: `istio`, or with the name of one that is not the default. */
const configMapOf = (revision: string | undefined): string =>
  revision === undefined || revision === 'default' ? 'istio' : `istio-${revision}`;

/**
 * What the mesh of a revision calls itself, by its ConfigMap in istio-system; nothing where there is none or it says nothing,
 * and Istio's defaults hold. Format: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
 *
 * @throws Error if the ConfigMap is not readable as Istio writes it
 */
export async function meshNamesOf(client: Cluster, revision: string | undefined): Promise<MeshNames> {
  const name = configMapOf(revision);
  const found = await client.get<KubernetesObject & { data?: Record<string, string> }>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: SYSTEM_NAMESPACE,
    name,
  });
  const read = meshConfig.safeParse(parse(found?.data?.['mesh'] ?? '') ?? {});
  if (!read.success)
    throw new Error(
      `expected Istio's MeshConfig in the ConfigMap ${name} of ${client.name}, key mesh; ${z.prettifyError(read.error)}\n` +
        `  look: kubectl -n ${SYSTEM_NAMESPACE} get configmap ${name} -o yaml`,
    );
  const { trustDomain, defaultConfig } = read.data;
  return { meshId: defaultConfig?.meshId, trustDomain };
}

import { kubectl } from '../cluster/kubeconfig.ts';
import type { MeshInCluster } from './types.ts';

/** The command that shows where a cluster's ID is told. */
export const lookForId = (place: Parameters<typeof kubectl>[0]): string =>
  `${kubectl(place)} get mutatingwebhookconfigurations -l app=sidecar-injector -o yaml`;

/**
 * The mesh's own name for a cluster, where something depends on it.
 *
 * @throws Error if neither an istiod nor a webhook told it: what needs it cannot be judged then
 */
export function idOf({ cluster, clusterId }: MeshInCluster): string {
  if (clusterId !== null) return clusterId;
  throw new Error(
    `the mesh's own name of ${cluster} (its cluster ID) is unknown: expected CLUSTER_ID in the Deployment of an istiod, ` +
      'or /inject/cluster/NAME in a webhook; seen: neither. ' +
      `Look: ${lookForId({ kubeconfig: 'KUBECONFIG' })}`,
  );
}

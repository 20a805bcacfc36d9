import { stringify } from 'yaml';
import type { ClusterTopology } from '../../topology/topology.ts';

/** Locality is read from the node's labels when a pod starts, so they have to be there before any pod. */
const localityLabels = (cluster: ClusterTopology): Record<string, string> => ({
  ...(cluster.region === undefined ? {} : { 'topology.kubernetes.io/region': cluster.region }),
  ...(cluster.zone === undefined ? {} : { 'topology.kubernetes.io/zone': cluster.zone }),
});

/**
 * A cluster of one node.
 * Format: https://kind.sigs.k8s.io/docs/user/configuration/
 */
export function kindConfig(cluster: ClusterTopology): string {
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: { podSubnet: cluster.podSubnet, serviceSubnet: cluster.serviceSubnet },
    nodes: [{ role: 'control-plane', labels: localityLabels(cluster) }],
  });
}

/** kind has no labels of its own: the name is the mark by which a run's clusters are found again. */
export const kindName = (runId: string, cluster: string): string => `meshproof-${runId}-${cluster}`;

/** The container that is the only node of a kind cluster. */
export const nodeContainer = (kindClusterName: string): string => `${kindClusterName}-control-plane`;

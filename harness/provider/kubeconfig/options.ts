import type { ClusterSource } from '../../options/types.ts';
import type { ClusterTopology } from '../../topology/topology.ts';

/** Which existing clusters are used, and what may be done to them. */
export interface KubeconfigOptions {
  /** `--cluster`, each once. */
  readonly sources: readonly ClusterSource[];
  /** Clusters of the topology. */
  readonly clusters: readonly ClusterTopology[];
  /** Install the mesh too; without it the mesh is there already. */
  readonly installMesh: boolean;
  /** Scenarios may stop control planes and gateways that the harness did not make. */
  readonly allowDisruption: boolean;
  /** Ingress gateways are visited at a node's port. @default false */
  readonly nodePorts?: boolean;
  /** The Secret that images are pulled with. */
  readonly pullSecret?: { readonly namespace: string; readonly name: string } | undefined;
}

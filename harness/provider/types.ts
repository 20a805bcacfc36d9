import type { ClusterTopology } from '../topology/topology.ts';

/** Something a preflight found. Errors stop the run before anything is made. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'info';
  /** What was looked at, e.g. `docker`, `cluster1`. */
  readonly subject: string;
  /** What was expected and what was seen. */
  readonly message: string;
  /** A command to paste, or what to change. */
  readonly remedy: string | null;
}

/** A cluster whose API server answers. */
export interface ProvidedCluster {
  readonly name: string;
  /** Path of a kubeconfig file; never the user's default one. */
  readonly kubeconfig: string;
  readonly context?: string;
  /** URL of its API server as control planes in the other clusters reach it. */
  readonly serverForPeers?: string;
  /** The address that Services of type LoadBalancer get, where the harness is the load balancer. */
  readonly loadBalancerAddress?: string;
  readonly nodeImage?: string;
}

/** What can be stopped without being deleted. */
export type Freezable = 'node' | 'api-server';

/** What was stopped, and how it is started again. */
export interface Frozen {
  readonly thaw: () => Promise<void>;
}

/** Plain data by which any thread of the run can stop parts of a provider's clusters: `freezeWith`. */
export type FreezerHandle =
  | { readonly kind: 'kind'; readonly runId: string }
  | { readonly kind: 'embedded'; /** The world's own. */ readonly directory: string };

/**
 * Plain data by which any thread of the run installs a second revision of the control plane, where that is not
 * istioctl's business: `installRevision` in `mesh/`.
 */
export interface RevisionHandle {
  readonly kind: 'embedded';
  /** The world's own. */
  readonly directory: string;
}

/** What a provider is asked to bring up. */
export interface ClusterRequest {
  readonly runId: string;
  readonly clusters: readonly ClusterTopology[];
  /** Where kubeconfig files may be kept: a directory of this run's own. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Says what is being done, for the progress display. */
  readonly say: (text: string) => void;
}

/** Clusters on their way up: each resolves as soon as its API server answers. */
export interface Rising {
  readonly clusters: ReadonlyMap<string, Promise<ProvidedCluster>>;
  /** Resolves when pods of clusters on one network reach each other. */
  readonly joined: Promise<void>;
}

/** Where clusters come from. `up` and `down` are idempotent; `down` finds what a crashed run left. */
export interface Provider {
  readonly name: 'kind' | 'kubeconfig' | 'embedded';
  /** Does the mesh come with the clusters? Then it is looked at, not installed. */
  readonly meshIsThere: boolean;
  /** The mesh that it comes with, by name; Istio where it does not say. */
  readonly meshName?: string;
  /** Does the run make the clusters, so that it may disrupt all that is in them? */
  readonly ownsClusters: boolean;
  /** All problems at once; touches nothing. */
  preflight(): Promise<Finding[]>;
  up(request: ClusterRequest): Rising;
  /** Removes what `up` made for this run. Resolves to what could not be removed. */
  down(runId: string): Promise<string[]>;
  /** Writes the clusters' own logs below `directory`. */
  logs(runId: string, directory: string): Promise<void>;
  /** By what parts of its clusters are stopped, once they are up. Absent where that cannot be done. */
  freezer?(request: Pick<ClusterRequest, 'runId' | 'directory'>): FreezerHandle;
  /** By what a second revision is installed into its mesh. Absent where istioctl does it. */
  revisions?(request: Pick<ClusterRequest, 'runId' | 'directory'>): RevisionHandle;
  /** What readers of a report have to know of it before all else. */
  readonly caution?: string;
}

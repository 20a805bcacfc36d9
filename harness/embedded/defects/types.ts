/** What a defect is: a cause as real meshes have it, done in the same place. */
import type { ApiServer } from '../api-server/server.ts';
import type { Alter, CertificateFlaw } from '../mesh/index.ts';
import type { Resource, Store } from '../types.ts';

/** The cluster that something is about to be done in. */
export interface Place {
  readonly cluster: string;
  /** The first cluster is the caller's; defects of "the other cluster" are in all but this one. */
  readonly isFirst: boolean;
  /** What stands behind the defect's name, if anything does. */
  readonly value: string | undefined;
  readonly timeScale: number;
  /** Whether a pod of this cluster has the address. */
  readonly isOwn: (address: string) => boolean;
}

/** A cluster that runs, for defects that go on happening. */
export interface Running {
  readonly place: Place;
  readonly store: Store;
  readonly api: Pick<ApiServer, 'freeze' | 'thaw' | 'cut'>;
}

/** One defect. What it has no member for it leaves as it is. */
export interface Defect {
  readonly cause: string;
  /** What one sees of it. */
  readonly symptom: string;
  /** Where it is described. */
  readonly source: string;
  /** What its value is, in `NAME=VALUE`: one of these words, or one of a form. @default it takes none */
  readonly takes?:
    'a cluster' | 'another cluster than the first' | 'a number' | 'weights' | readonly string[];
  /** The value that counts where none is given. */
  readonly fallback?: string;
  /** An object of the mesh as it is installed; undefined leaves it out. */
  readonly object?: (object: Resource, place: Place) => Resource | undefined;
  /** The cluster's intermediate is of a root of its own. */
  readonly hasOtherRoot?: (place: Place) => boolean;
  /** What control planes tell proxies. */
  readonly alter?: (place: Place) => Alter;
  /** What is wrong with the certificates that the cluster's workloads are given. */
  readonly certificates?: (place: Place) => CertificateFlaw;
  /** A control plane is not ready before it has read every other cluster, however long that takes. */
  readonly waitsForOthers?: true;
  /** Pods are never called ready. */
  readonly neverReady?: (pod: Resource, place: Place) => boolean;
  /** Packets from pods of one cluster to those of another are lost, on one network too. */
  readonly isCutOff?: true;
  /** The mesh does not get complete: the world does not wait for it. */
  readonly isIncomplete?: true;
  /** Control planes are told of the other clusters, whatever the world is to be. */
  readonly discovers?: true;
  /** Proxies of all other clusters look for their control plane in the first. */
  readonly asksTheFirst?: true;
  /** Begins when the mesh is complete; what it gives ends it. */
  readonly goesOn?: (clusters: readonly Running[]) => () => void;
}

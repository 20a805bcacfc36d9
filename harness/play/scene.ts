import type { EastWestGateway, Member } from '../mesh/types.ts';
import type { RunState } from '../state/state.ts';
import type { RunContext } from './context.ts';
import type { Recorder } from './recorder.ts';

/** What all parts of one scenario's play share. */
export interface Scene {
  readonly context: RunContext;
  readonly members: readonly Member[];
  readonly namespace: string;
  /** SUITE/VARIANT/SCENARIO, for files. */
  readonly path: string;
  /** The scenario's folder, with its manifests. */
  readonly folder: string;
  readonly recorder: Recorder;
  readonly state: RunState;
  readonly signal: AbortSignal;
  /** Undone in reverse order when the play is over, however it ended. */
  readonly undo: (() => Promise<void>)[];
}

/** The cluster's own way in from other networks; a scenario that needs it says so by its features. */
export function gatewayOf(scene: Scene, cluster: string): EastWestGateway {
  const gateway = scene.context.mesh.clusters[cluster]?.eastWestGateway;
  if (gateway === null || gateway === undefined) throw new Error(`${cluster} has no east-west gateway`);
  return gateway;
}

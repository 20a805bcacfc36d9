import type { RevisionInstaller } from '../mesh/istio/revision.ts';
import type { MeshFacts } from '../mesh/types.ts';
import type { ClusterTopology } from '../topology/topology.ts';
import type { FreezerHandle, ProvidedCluster } from '../provider/types.ts';
import type { Bounds } from '../scenario.ts';
import type { Risk } from '../verdict/types.ts';

/** Where a scenario lies. */
export interface ScenarioFile {
  readonly suite: string;
  /** The folder's name. */
  readonly name: string;
  /** Absolute path of scenario.ts. */
  readonly file: string;
}

/** Everything that the scenarios' worker needs to know of a run. Plain data: it crosses a thread. */
export interface RunContext {
  readonly runId: string;
  /** The run whose clusters are used, in whose journal everything is written. */
  readonly clustersOf: string;
  readonly variant: string;
  /** Where answers, diagnostics and events go. */
  readonly outDirectory: string;
  readonly stateBase: string;
  /** The shared applications. */
  readonly appsDirectory: string;
  readonly members: readonly { readonly topology: ClusterTopology; readonly provided: ProvidedCluster }[];
  readonly mesh: MeshFacts;
  readonly scenarios: readonly ScenarioFile[];
  /** So many scenarios are played at the same time, each in namespaces of its own; see `playsAlone`. */
  readonly atOnce: number;
  /** What plays alone is deployed while others play: in clusters that are gone after the run. */
  readonly deploysAhead: boolean;
  readonly bounds: Bounds;
  /** Calls per second of each caller in paced loops. */
  readonly rate: number;
  /** Longest wait for one thing to become ready, in milliseconds. */
  readonly timeoutMs: number;
  readonly images: Readonly<Record<string, string>>;
  readonly imageHub: string | undefined;
  readonly pullSecret: { readonly namespace: string; readonly name: string } | undefined;
  /** Labels that namespaces get besides the harness's own. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly keep: boolean;
  /** Where visitors find ingress gateways. `given`: at the address that the harness gives them, as the load balancer. */
  readonly ingressAddress: 'given' | 'load-balancer' | 'node-port';
  readonly risk: Risk;
  /** Evidence of an earlier run by check id (`--continue`). */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** By check id: why an earlier run could not decide it. Skipped, it stays undecided. */
  readonly undecided: Readonly<Record<string, string>>;
  /** Ids of checks that an earlier run decided: they are not judged again. */
  readonly settled: readonly string[];
  /** The precondition that an earlier run found not to hold, in words. */
  readonly unmet: string | undefined;
  /** By what parts of the clusters are stopped, where that can be done. */
  readonly freezer: FreezerHandle | undefined;
  readonly revisionInstaller: RevisionInstaller;
}

/** What the command line can be asked to do. */
export const commands = ['run', 'list', 'doctor', 'judge', 'clean', 'report'] as const;
export type Command = (typeof commands)[number];

/** Who provides the clusters; `auto` decides by what is there. */
export const providerChoices = ['auto', 'embedded', 'kind', 'kubeconfig'] as const;
export type ProviderChoice = (typeof providerChoices)[number];

/** Variants of a topology that can be asked for. */
export const variantChoices = ['flat', 'multi-primary', 'gateways', 'replicated'] as const;
export type VariantChoice = (typeof variantChoices)[number];

/** How gateways on kind get an address: the node's own, MetalLB (untested), or none from us. */
export const loadBalancerChoices = ['node-ip', 'metallb', 'none'] as const;
export type LoadBalancer = (typeof loadBalancerChoices)[number];

/** Where visitors find ingress gateways: at their load balancer, or at a node and the node port of their Service. */
export const ingressAddressChoices = ['load-balancer', 'node-port'] as const;
export type IngressAddress = (typeof ingressAddressChoices)[number];

/** `--cluster NAME=FILE[:CONTEXT]`. */
export interface ClusterSource {
  /** A cluster of the topology. */
  readonly name: string;
  /** A kubeconfig file. */
  readonly file: string;
  /** Its context; without it the one that is current when the run is planned. */
  readonly context?: string;
}

/** `--defect NAME[=VALUE]`. */
export interface Defect {
  readonly name: string;
  readonly value?: string;
}

/** A label, `KEY=VALUE`. */
export interface Label {
  readonly key: string;
  readonly value: string;
}

/** `--shard I/N`: the I-th of N parts that a plan is split into; 1 ≤ I ≤ N. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** Options of `run`, `list` and `doctor`. Durations are milliseconds. */
export interface RunOptions {
  /** Suites to run; `all` for every one. @default ["all"] */
  readonly suite: readonly string[];
  /** Only scenarios with this id, prefix of an id, or claim. @default [] */
  readonly scenario: readonly string[];
  /** Only these variants of the topology; none named: every one that it has. @default [] */
  readonly variant: readonly VariantChoice[];
  /** Print plan and manifests, touch nothing. @default false */
  readonly dryRun: boolean;

  /** Who provides the clusters. @default "auto" */
  readonly provider: ProviderChoice;
  /** On the embedded mesh, the share of their usual time that pods take to start, get ready and end. @default 1 */
  readonly timeScale: number;
  /** What is wrong with the embedded mesh, on purpose. @default [] */
  readonly defect: readonly Defect[];
  /** Existing clusters, by their name in the topology. @default [] */
  readonly cluster: readonly ClusterSource[];
  /** Let scenarios scale or restart what the harness did not make (istiod, gateways). @default false */
  readonly allowDisruption: boolean;
  /** Label that turns on sidecar injection in a namespace. @default as detected */
  readonly injectionLabel?: Label;
  /** Labels that namespaces of the run get besides the harness's own. @default {} */
  readonly namespaceLabel: Readonly<Record<string, string>>;
  /** Another image for a fixture's, by its name there. @default {} */
  readonly image: Readonly<Record<string, string>>;
  /** Registry and path in place of those of the fixtures' images. @default as in the fixtures */
  readonly imageHub?: string;
  /** NAMESPACE/NAME of a Secret, copied into the namespaces made. @default none */
  readonly imagePullSecret?: string;
  /** Node image of kind. @default that of the kind found */
  readonly kindImage?: string;
  /** The kind to run. @default "kind" */
  readonly kindBin: string;
  /** The istioctl to run. @default "istioctl" */
  readonly istioctlBin: string;
  /** Registry and path of Istio's images. @default that of the istioctl found */
  readonly istioHub?: string;
  /** Tag of Istio's images. @default that of the istioctl found */
  readonly istioTag?: string;
  /** File with an IstioOperator that is merged over ours. @default none */
  readonly installValues?: string;
  /** File with the definitions of the Gateway API, applied to clusters that the run makes. @default none */
  readonly gatewayApi?: string;
  /** A vendor's executable that takes `install` and `cleanup`, instead of istioctl. @default none */
  readonly installer?: string;
  /** On existing clusters, install the mesh too. @default false */
  readonly installMesh: boolean;
  /** How gateways on kind get an address. @default "node-ip" */
  readonly loadBalancer: LoadBalancer;
  /** Where visitors find ingress gateways. @default "load-balancer" */
  readonly ingressAddress: IngressAddress;

  /** Scenarios played at the same time, in namespaces of their own. @default 3 */
  readonly scenariosAtOnce: number;
  /** Leave the clusters, and all that was made in them. @default false */
  readonly keep: boolean;
  /** Take the clusters of this kept run; `latest` if no run was named. @default none */
  readonly reuse?: string;
  /** Folder of an earlier run whose inconclusive checks go on with the evidence they have. @default none */
  readonly continue?: string;
  /** Only this part of the plan; the risks stay those of the whole plan. @default none */
  readonly shard?: Shard;
  /** Folder in which the run makes its own. @default "reports/out" */
  readonly out: string;
  /** Longest wait for any one thing to become ready. @default 5m */
  readonly timeout: number;
  /** Longest run; what is not judged by then is inconclusive. @default none */
  readonly maxDuration?: number;
  /** Stop at the first non-conformant check. @default false */
  readonly failFast: boolean;
  /** Clusters or objects that cannot be removed make the run exit 3. @default false */
  readonly strictTeardown: boolean;
  /** Seed of all that is random, 0 to 2^32 - 1. @default drawn, and reported */
  readonly seed?: number;
  /** The result on standard output as JSON, and nothing else there. @default false */
  readonly json: boolean;
  /** Sentences that readers of the report have to know. @default [] */
  readonly note: readonly string[];
  /** Colours on a terminal; NO_COLOR turns them off too. @default true */
  readonly color: boolean;

  /** Requests a second, of each caller, in loops that measure a failover. @default 10 */
  readonly rate: number;
  /** Errors allowed when a workload is scaled to zero. @default 3 */
  readonly scaleErrors: number;
  /** Time to switch when a workload is scaled to zero. @default 2s */
  readonly scaleWithin: number;
  /** Errors allowed when a gateway or a cluster is lost, with outlier detection. @default 5 */
  readonly outageErrors: number;
  /** Time to switch when a gateway or a cluster is lost, with outlier detection. @default 15s */
  readonly outageWithin: number;
  /** Time until what came back answers again, counted from when it is ready. @default 15s */
  readonly returnWithin: number;
  /** Worker nodes that each cluster shall have; fewer are a warning. @default 3 */
  readonly workers: number;
}

/** Options of `judge`. */
export interface JudgeOptions {
  /** The rule as JSON, or a file with it. */
  readonly rule: string;
  /** Answers that arrived before are left out, milliseconds since 1970. @default the first answer */
  readonly since?: number;
  /** Answers that arrived from then on are left out, milliseconds since 1970. @default the last answer */
  readonly until?: number;
  /** File with the answers, `-` for standard input. */
  readonly file: string;
}

/** Options of `clean`; without a run id, what every dead run left. */
export interface CleanOptions extends Pick<
  RunOptions,
  'cluster' | 'kindBin' | 'out' | 'timeout' | 'json' | 'color'
> {
  readonly runId?: string;
}

/** Options of `report`, which writes a run's reports anew from its `events.ndjson`. */
export interface ReportOptions extends Pick<RunOptions, 'json' | 'color'> {
  /** Folder of the run. */
  readonly dir: string;
}

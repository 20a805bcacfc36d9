/** What a control plane pushes to a proxy: all that the proxy knows. Plain data. */
import type { WorkloadCertificate } from '../types.ts';

export interface Locality {
  readonly region: string;
  readonly zone: string;
}

export interface EndpointConfig {
  /** As the admin interface shows it: a pod's own port, or a gateway's. */
  readonly address: string;
  readonly port: number;
  /** Where its proxy listens; the application's own port for pods without one. */
  readonly connectPort: number;
  readonly weight: number;
  /** 0 is nearest. Others are used as far as nearer ones fail. */
  readonly priority: number;
  readonly locality: Locality;
  /** Share of its locality, where the rule distributes over localities. */
  readonly localityWeight: number;
  readonly mutualTls: boolean;
  /** False for pods of another network: packets to them are lost. */
  readonly reachable: boolean;
}

export type Policy = 'LEAST_REQUEST' | 'ROUND_ROBIN' | 'RANDOM';

export interface OutlierConfig {
  /** 0: not counted. */
  readonly consecutive5xx: number;
  /** 502, 503, 504; 0: not counted. */
  readonly consecutiveGatewayErrors: number;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionPercent: number;
}

/** Envoy calls a group of endpoints a cluster. */
export interface ClusterConfig {
  /** `outbound|PORT|SUBSET|HOST` */
  readonly name: string;
  /** Which server name (SNI) is asked for. */
  readonly serverName: string;
  /** Identities that its endpoints may have; empty: any of the mesh. */
  readonly identities: readonly string[];
  readonly policy: Policy;
  readonly endpoints: readonly EndpointConfig[];
  readonly connectTimeoutMs: number;
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number;
  readonly distributes: boolean;
  readonly outlier: OutlierConfig | undefined;
}

/** One way to compare a value; undefined members do not count. */
export interface TextMatch {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly regex?: string | undefined;
}

/** All members have to hold. */
export interface MatchConfig {
  readonly path?: TextMatch | undefined;
  readonly headers: readonly (readonly [name: string, match: TextMatch])[];
}

export interface RetryConfig {
  readonly attempts: number;
  readonly perTryMs: number | undefined;
  /** Priorities of earlier attempts are left out, from every second retry on. */
  readonly acrossPriorities: boolean;
  readonly on: ReadonlySet<string>;
}

export interface RouteConfig {
  /** Any of them; none: every request. */
  readonly matches: readonly MatchConfig[];
  readonly targets: readonly { readonly cluster: string; readonly weight: number }[];
  readonly timeoutMs: number | undefined;
  readonly retry: RetryConfig;
  readonly abort: { readonly status: number; readonly percent: number } | undefined;
}

export interface VirtualHostConfig {
  readonly name: string;
  readonly routes: readonly RouteConfig[];
}

/** By `HOST:PORT` for sidecars, by `HOST` for gateways; `*` is any other. */
export type VirtualHosts = ReadonlyMap<string, VirtualHostConfig>;

export type MutualTlsMode = 'STRICT' | 'PERMISSIVE';

export interface InboundConfig {
  readonly mode: MutualTlsMode;
  /** By a Service's port and by the pod's own: where the application listens. */
  readonly ports: ReadonlyMap<number, number>;
}

/** A gateway's port that passes TLS on by its server name, to a cluster by name. */
export interface PassThroughConfig {
  readonly port: number;
  readonly chains: ReadonlyMap<string, string>;
}

export interface HttpListenerConfig {
  readonly port: number;
  readonly hosts: VirtualHosts;
}

export interface ProxyConfig {
  readonly version: number;
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
  readonly hosts: VirtualHosts;
  readonly inbound: InboundConfig;
  readonly passThrough: readonly PassThroughConfig[];
  readonly httpListeners: readonly HttpListenerConfig[];
  readonly certificate: WorkloadCertificate;
  /** Whether certificates of others are checked. True but for a defect. */
  readonly checksPeers: boolean;
  /** Of strangers at the way into its pod, one in so many is let in; 0: none. 0 but for a defect. */
  readonly letsInOneOf: number;
  /** Whether those who ask it how it is get an answer. True but for a defect. */
  readonly tellsStatus: boolean;
}

/** Ports of a sidecar, as Istio numbers them. */
export const OUTBOUND_PORT = 15_001;
export const INBOUND_PORT = 15_006;

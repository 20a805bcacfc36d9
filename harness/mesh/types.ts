import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterTopology } from '../topology/topology.ts';
import type { ProvidedCluster } from '../provider/types.ts';

/** A cluster of the run: what the topology says of it, where it is, and the client that talks to it. */
export interface Member {
  readonly topology: ClusterTopology;
  readonly provided: ProvidedCluster;
  readonly client: Cluster;
}

/** Where a network is entered from other networks. */
export interface EastWestGateway {
  readonly namespace: string;
  readonly service: string;
  /** The Deployment whose pods the Service selects; null where there is not exactly one, as for a DaemonSet. */
  readonly deployment: string | null;
  /** The labels by which the Service selects the gateway's pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Addresses (or hostnames) by which other networks find it. */
  readonly addresses: readonly string[];
  /** Port of the mutual TLS listener at them: 15443 unless the Service says otherwise. */
  readonly port: number;
  /** What Gateway objects may call it: the Service's port, which is not the one from outside where that is a node's. */
  readonly listenerPorts: readonly number[];
}

/** One control plane in one cluster. */
export interface ControlPlane {
  /** `default` without revisions. */
  readonly revision: string;
  readonly version: string;
  readonly deployment: string;
}

/** A label that makes the mesh inject its proxies into a namespace's pods. */
export interface InjectionLabel {
  readonly key: string;
  readonly value: string;
}

/** What was read from the mesh in one cluster. Plain data, so that it can be handed to the scenarios' worker. */
export interface MeshInCluster {
  readonly cluster: string;
  /** The mesh's own name for the cluster, as its proxies carry it; null where nothing tells it (see `idOf`). */
  readonly clusterId: string | null;
  readonly network: string | null;
  /** False where istio-system lacks the label: then what injects pods tells the network, if anything does. @default true */
  readonly networkIsLabelled?: boolean;
  /** The cluster whose control plane configures the proxies here: itself, or a remote's primary. */
  readonly configuredBy: string;
  /** IDs of the clusters whose control planes may take charge of this one, as istio-system says; `*` is any. @default none */
  readonly controlPlaneClusters?: readonly string[];
  readonly controlPlanes: readonly ControlPlane[];
  readonly injectionLabel: InjectionLabel;
  readonly eastWestGateway: EastWestGateway | null;
  /** SHA-256 of the root certificate that workloads are given, in hexadecimal. */
  readonly rootFingerprint: string | null;
}

/** The mesh that a variant's scenarios run on. */
export interface MeshFacts {
  readonly name: string;
  readonly version: string;
  readonly dataPlane: string;
  readonly clusters: Readonly<Record<string, MeshInCluster>>;
  /** Features that scenarios may need, detected. */
  readonly features: readonly Feature[];
}

/** What a scenario can need of a mesh; what is absent is skipped with the reason. */
export type Feature =
  /** A control plane discovers the endpoints of other clusters. */
  | 'endpoint-discovery'
  /** Clusters on different networks are joined by gateways. */
  | 'cross-network-gateways'
  /** Clusters share one network: pods reach each other. */
  | 'flat-network'
  /** Proxies prefer what is near: the clusters' nodes differ in region or zone. */
  | 'locality'
  /** The definitions of the Kubernetes Gateway API are installed. */
  | 'gateway-api'
  /** Addresses of gateways can be called from where the harness runs. */
  | 'ingress'
  /** Control planes run in the clusters, where their pods can be looked at and stopped. */
  | 'control-plane-pods'
  /** Proxies whose Envoy admin interface can be asked through exec. */
  | 'proxy-admin'
  /** Nodes and API servers can be stopped and started again. */
  | 'freezing'
  /** A second revision of the control plane can be installed. */
  | 'revisions'
  /** The harness made the mesh, or may disrupt it. */
  | 'disruption';

/** Why a feature is absent, for the report. */
export type MissingFeatures = Readonly<Partial<Record<Feature, string>>>;

/**
 * What the parts of the embedded mesh know of each other. One process holds a whole world: the API servers, kubelets
 * and meshes of all clusters. Addresses are in 127.0.0.0/8; nobody outside the machine can reach them.
 */

/** A Kubernetes object as JSON. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: ResourceMetadata;
  // Everything else is the business of whoever knows the kind.
  [field: string]: unknown;
}

export interface ResourceMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid: string;
    controller?: boolean;
  }[];
  [field: string]: unknown;
}

/** Which object. */
export interface ResourceRef {
  readonly kind: string;
  /**
   * API group, empty for the core one. Needed only for a kind that several groups have (Gateway: networking.istio.io and
   * gateway.networking.k8s.io); without it the object of any group is meant.
   */
  readonly group?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Which objects of a kind. */
export interface ListFilter {
  readonly group?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Resource;
}

/** The objects of one cluster. Objects that it hands out are never changed afterwards; change a copy. */
export interface Store {
  get(ref: ResourceRef): Resource | undefined;
  /** Without `group`: those of all groups that have such a kind. */
  list(kind: string, where?: ListFilter): Resource[];
  /** Fills uid, resourceVersion, creationTimestamp, generation. Throws ApiError 409 if it is there. */
  create(object: Resource): Resource;
  /** Replaces the object by what `change` returns for a copy; a change of `spec` raises `generation`. Returns undefined if there is no such object. */
  update(ref: ResourceRef, change: (copy: Resource) => Resource): Resource | undefined;
  /** Deletes at once (no grace, no finalizers: those are the API's business). */
  remove(ref: ResourceRef): void;
  /** Every change from now on, in order; returns what ends it. */
  watch(listener: (change: Change) => void): () => void;
}

/** What runs in a container of a pod, asked for over `exec`. */
export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array> | undefined;
  readonly stdout: (chunk: Uint8Array) => void;
  readonly stderr: (chunk: Uint8Array) => void;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** A kubelet, as its API server sees it. */
export interface Kubelet {
  /** Resolves to the exit code. Rejects with ApiError 404 or 400 where there is no such pod or container. */
  exec(request: ExecRequest): Promise<number>;
  /** The lines that a container printed so far. */
  logs(where: { readonly namespace: string; readonly pod: string; readonly container: string }): string;
}

/** A process of the world that has an address of its own: what a container runs. */
export interface RunningProgram {
  stop(): Promise<void>;
}

/** One file for certificates of a workload: PEM. */
export interface WorkloadCertificate {
  /** The workload's certificate and the intermediate that signed it. */
  readonly chain: string;
  readonly key: string;
  readonly root: string;
}

/** A pod's sidecar or a gateway: started by the kubelet as the container istio-proxy, made by the mesh. */
export interface Proxy extends RunningProgram {
  /** Becomes true when the control plane has configured it. */
  readonly isReady: () => boolean;
  /** `pilot-agent request GET PATH` in it: Envoy's admin interface, as far as the harness asks. */
  admin(path: string): string;
  /** Its pod begins to terminate: it serves on for the drain time, then ends. Resolves at the end. */
  stop(): Promise<void>;
  /** Ends it at once. @default `stop` */
  kill?(): Promise<void>;
  /** Its node stands still or runs again: connections are accepted, as by a kernel, and nothing on them goes on. */
  freeze?(frozen: boolean): void;
  /** What a pod that asks for OUTPUT_CERTS finds in its directory: the kubelet writes it there before the pod is ready. */
  certificate?(): WorkloadCertificate | undefined;
}

/** What the kubelet of a cluster asks of the mesh. */
export interface MeshHooks {
  /** Admission: adds the container istio-proxy to a pod if its namespace or labels say so. */
  inject(pod: Resource): Resource;
  /**
   * Starts the proxy of an injected pod or a gateway pod; `address` is the pod's own, in 127.0.0.0/8. The pod's other
   * containers listen at `appAddress`, an address that only their proxy knows: what calls the pod's own address and a
   * port of theirs gets to the proxy, as where traffic is redirected. For a gateway both are the same.
   */
  startProxy(pod: Resource, address: string, appAddress: string): Promise<Proxy>;
  /** `pilot-discovery request GET PATH` in an istiod pod. */
  controlPlane(pod: Resource, path: string): string;
  /**
   * Whether an istiod pod may be called ready: it has read the other clusters, or has given up on them after 30 s.
   * @default it is ready when it runs
   */
  isControlPlaneReady?(pod: Resource): boolean;
  /** Its node stands still or runs again: control planes push nothing meanwhile. */
  freeze?(frozen: boolean): void;
}

export interface ClusterSpec {
  readonly name: string;
  readonly network: string;
  /** Whose control plane injects and configures its proxies. @default its own */
  readonly primary?: string;
  /** CIDR of its Services. @default 10.96.0.0/12 */
  readonly serviceSubnet?: string;
  readonly region?: string;
  readonly zone?: string;
  /** Of its control plane. @default the default revision */
  readonly revision?: string;
}

/** What a world is asked to be; written to a file that its process reads. */
export interface WorldSpec {
  readonly clusters: readonly ClusterSpec[];
  /** Where kubeconfig files go: `<directory>/<cluster>.kubeconfig`. */
  readonly directory: string;
  /** Every control plane is told of the other clusters. False: each knows its own alone, as replicated ones do. */
  readonly discovery: boolean;
  /** Start-up, readiness and termination take this much of their usual time. 1 is usual. */
  readonly timeScale: number;
  readonly defects: readonly { readonly name: string; readonly value?: string }[];
  /** The world goes on when its parent is gone. @default false */
  readonly outlivesParent?: boolean;
}

/** What the API answers when it cannot do what was asked. */
export class ApiError extends Error {
  readonly code: number;
  /** As Kubernetes names it: NotFound, AlreadyExists, Conflict, Invalid, Gone, Forbidden, Unauthorized, BadRequest. */
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

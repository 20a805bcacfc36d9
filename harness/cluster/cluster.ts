/** One Kubernetes cluster, as the rest of the harness uses it. The door of this folder. */
import { type AccessAttributes, mayI, readClock, readVersion } from './access.ts';
import { type ApplyOptions, applyAll, applyObject } from './apply.ts';
import { type Connection, openConnection } from './connection.ts';
import { openDiscovery } from './discovery.ts';
import { listEvents } from './events.ts';
import { exec } from './exec.ts';
import { type LogRequest, readLog } from './logs.ts';
import {
  type Api,
  type DeleteOptions,
  type ListRef,
  type ObjectRef,
  type PatchOptions,
  deleteAndWait,
  deleteObject,
  getObject,
  listObjects,
  patchObject,
} from './objects.ts';
import { type PodSelector, waitForNoPods } from './pods.ts';
import { type Method, type RequestOptions, send, sendJson } from './request.ts';
import { type WorkloadRef, waitForRollout } from './rollout.ts';
import { type Scaled, scaleDeployment } from './scale.ts';
import type { ExecRequest, ExecResult, KubernetesObject } from './types.ts';

export { ApiError, ClusterError } from './errors.ts';
export { ExecError } from './exec-error.ts';

/** Where a cluster's credentials are. */
export interface ConnectOptions {
  /** The cluster's name in the topology. */
  readonly name: string;
  /** Kubeconfig file. */
  readonly kubeconfig: string;
  /** Context in it. @default the file's current one */
  readonly context?: string | undefined;
}

/** A deadline in milliseconds, and a way to stop earlier. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection to one cluster. All methods throw ApiError or ClusterError; waits throw WaitTimeout at their deadline. */
export interface Cluster {
  readonly name: string;
  readonly kubeconfig: string;
  readonly context: string | undefined;
  /** The API server's URL. */
  readonly server: string;
  /** Any request; the answer's JSON. */
  request(method: Method, path: string, options?: RequestOptions): Promise<unknown>;
  /** A GET whose answer is text. */
  text(path: string, options?: RequestOptions): Promise<string>;
  /** Undefined if there is no such object. */
  get<T = KubernetesObject>(ref: ObjectRef): Promise<T | undefined>;
  list<T = KubernetesObject>(ref: ListRef): Promise<T[]>;
  /** Server-side apply by field manager `meshproof`; unknown fields are errors. Gives what the server has then. */
  apply(object: KubernetesObject, options?: ApplyOptions): Promise<KubernetesObject>;
  /** Namespaces, CRDs (until they serve), what pods refer to, then the rest. Throws one error that lists all failures. */
  applyAll(objects: readonly KubernetesObject[], options?: ApplyOptions): Promise<void>;
  patch(ref: ObjectRef, body: unknown, options?: PatchOptions): Promise<KubernetesObject>;
  /** An object that is not there is fine. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  deleteAndWait(ref: ObjectRef, options: DeleteOptions & WaitOptions): Promise<void>;
  /** Scales a Deployment; does not wait. */
  scale(ref: { readonly namespace: string; readonly name: string }, replicas: number): Promise<Scaled>;
  waitForRollout(ref: WorkloadRef, options: WaitOptions): Promise<void>;
  /** Until no pod matches and no EndpointSlice of the namespace names a pod that is gone. */
  waitForNoPods(selector: PodSelector, options: WaitOptions): Promise<void>;
  /** Rejects with ExecError if the command's end cannot be known. */
  exec(request: ExecRequest): Promise<ExecResult>;
  logs(request: LogRequest): Promise<string>;
  /** Oldest first. */
  events(namespace: string): Promise<KubernetesObject[]>;
  mayI(attributes: AccessAttributes): Promise<boolean>;
  version(): Promise<string>;
  /** Both in milliseconds since the epoch, good to a second. */
  clock(): Promise<{ serverMs: number; localMs: number }>;
  /** Frees sockets; requests under way are cut off. */
  close(): Promise<void>;
}

/** Reads the kubeconfig and authenticates; contacts no server. Throws ClusterError `kubeconfig` with a remedy. */
export async function connect(options: ConnectOptions): Promise<Cluster> {
  const connection = await openConnection(options);
  const api: Api = { connection, discovery: openDiscovery(connection) };
  return {
    name: options.name,
    kubeconfig: options.kubeconfig,
    context: options.context,
    server: connection.session().access.server,
    ...plain(connection),
    ...objects(api),
    scale: (ref, replicas) => scaleDeployment(api, ref, replicas),
    waitForRollout: (ref, wait) => waitForRollout(api, ref, wait),
    waitForNoPods: (selector, wait) => waitForNoPods(api, selector, wait),
    events: (namespace) => listEvents(api, namespace),
  };
}

type Plain = 'request' | 'text' | 'exec' | 'logs' | 'mayI' | 'version' | 'clock' | 'close';

function plain(connection: Connection): Pick<Cluster, Plain> {
  return {
    request: (method, path, options) => sendJson(connection, { method, path }, options),
    text: async (path, options) => (await send(connection, { method: 'GET', path }, options)).body,
    exec: (request) => exec(connection, request),
    logs: (request) => readLog(connection, request),
    mayI: (attributes) => mayI(connection, attributes),
    version: () => readVersion(connection),
    clock: () => readClock(connection),
    close: () => connection.close(),
  };
}

type Objects = 'get' | 'list' | 'apply' | 'applyAll' | 'patch' | 'delete' | 'deleteAndWait';

function objects(api: Api): Pick<Cluster, Objects> {
  return {
    get: <T>(ref: ObjectRef) => getObject<T>(api, ref),
    list: <T>(ref: ListRef) => listObjects<T>(api, ref),
    apply: (object, options) => applyObject(api, object, options),
    applyAll: (all, options) => applyAll(api, all, options),
    patch: (ref, body, options = {}) => patchObject(api, ref, { body, options }),
    delete: (ref, options) => deleteObject(api, ref, options),
    deleteAndWait: (ref, options) => deleteAndWait(api, ref, options),
  };
}

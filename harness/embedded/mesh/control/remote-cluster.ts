/** Another cluster, read over its API by the kubeconfig of a remote secret: list, then watch, again and again. */
import { once, setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { Resource } from '../../types.ts';
import type { ClusterView } from './registry.ts';

const PATHS: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  Node: '/api/v1/nodes',
  Service: '/api/v1/services',
  Pod: '/api/v1/pods',
  EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
};
/** istiod goes on without a cluster that it could not read for so long (PILOT_REMOTE_CLUSTER_TIMEOUT). */
const SYNC_TIMEOUT_MS = 30_000;
const RETRY_MS = 1_000;

/** As `istioctl remote-clusters` shows it. */
export type SyncStatus = 'synced' | 'syncing' | 'timeout';

interface Access {
  readonly server: string;
  readonly ca: string | undefined;
  readonly token: string;
}

interface Kubeconfig {
  readonly clusters?: readonly {
    readonly cluster?: { readonly server?: string; readonly 'certificate-authority-data'?: string };
  }[];
  readonly users?: readonly { readonly user?: { readonly token?: string } }[];
}

/** Undefined for what is no kubeconfig with an address and a token. */
function readAccess(text: string): Access | undefined {
  try {
    const config = parse(text) as Kubeconfig | null;
    const cluster = config?.clusters?.[0]?.cluster;
    const token = config?.users?.[0]?.user?.token;
    if (cluster?.server === undefined || token === undefined) return undefined;
    const ca = cluster['certificate-authority-data'];
    return {
      server: cluster.server,
      token,
      ca: ca === undefined ? undefined : Buffer.from(ca, 'base64').toString(),
    };
  } catch {
    return undefined;
  }
}

export interface RemoteOptions {
  readonly id: string;
  /** `NAMESPACE/NAME` */
  readonly secretName: string;
  readonly kubeconfig: string;
  readonly timeScale: number;
  readonly onChange: () => void;
}

/** Keeps what it has read when the cluster goes away, as istiod does. */
export class RemoteCluster implements ClusterView {
  readonly id: string;
  readonly secretName: string;
  readonly kubeconfig: string;
  readonly #options: RemoteOptions;
  readonly #objects = new Map<string, Map<string, Resource>>();
  readonly #aborted = new AbortController();
  readonly #began = Date.now();
  readonly #agent: Agent;
  readonly #access: Access | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(options: RemoteOptions) {
    this.id = options.id;
    this.secretName = options.secretName;
    this.kubeconfig = options.kubeconfig;
    this.#options = options;
    const access = readAccess(options.kubeconfig);
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, ...(access?.ca === undefined ? {} : { ca: access.ca }) });
    setMaxListeners(0, this.#aborted.signal); // one for each request under way
    // Who waits for it has to hear that it timed out.
    this.#timer = setTimeout(options.onChange, SYNC_TIMEOUT_MS * options.timeScale + 1);
    this.#timer.unref();
    if (access !== undefined) for (const kind of Object.keys(PATHS)) void this.#keepReading(kind, access);
  }

  get status(): SyncStatus {
    if (this.#objects.size === Object.keys(PATHS).length) return 'synced';
    return Date.now() - this.#began > SYNC_TIMEOUT_MS * this.#options.timeScale ? 'timeout' : 'syncing';
  }

  list(kind: string): readonly Resource[] {
    // Nothing counts before all has been read.
    return this.status === 'synced' ? [...(this.#objects.get(kind)?.values() ?? [])] : [];
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#aborted.abort();
    this.#agent.destroy();
  }

  /** Asks for something else than the kinds that are read. Gives the status and what was answered; rejects without an answer. */
  async send(method: string, path: string, content?: unknown): Promise<{ status: number; body: unknown }> {
    if (this.#access === undefined) throw new Error(`no address of ${this.id}`);
    const answer = await this.#ask(this.#access, path, { method, content });
    return { status: answer.statusCode ?? 0, body: await json(answer) };
  }

  async #keepReading(kind: string, access: Access): Promise<void> {
    while (!this.#aborted.signal.aborted) {
      try {
        const version = await this.#list(kind, access);
        await this.#watch(kind, access, version);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * this.#options.timeScale));
      }
    }
  }

  async #list(kind: string, access: Access): Promise<string> {
    const { items, metadata } = (await json(await this.#read(access, PATHS[kind] ?? ''))) as {
      readonly items: readonly Resource[];
      readonly metadata: { readonly resourceVersion: string };
    };
    this.#objects.set(kind, new Map(items.map((item) => [keyOf(item), item])));
    this.#options.onChange();
    return metadata.resourceVersion;
  }

  async #watch(kind: string, access: Access, version: string): Promise<void> {
    const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${version}`;
    const input = await this.#read(access, (PATHS[kind] ?? '') + query);
    for await (const line of createInterface({ input })) {
      if (line === '') continue;
      const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: Resource };
      if (type === 'ERROR') return;
      if (type === 'BOOKMARK') continue;
      const objects = this.#objects.get(kind);
      if (type === 'DELETED') objects?.delete(keyOf(object));
      else objects?.set(keyOf(object), object);
      this.#options.onChange();
    }
  }

  async #read(access: Access, path: string): Promise<IncomingMessage> {
    const answer = await this.#ask(access, path);
    if (answer.statusCode === 200) return answer;
    answer.resume();
    throw new Error(`reading ${path} of ${this.id}: HTTP ${String(answer.statusCode)}`);
  }

  async #ask(
    { server, token }: Access,
    path: string,
    { method = 'GET', content }: { readonly method?: string; readonly content?: unknown } = {},
  ): Promise<IncomingMessage> {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
    };
    const { signal } = this.#aborted;
    const asked = request(new URL(path, server), { method, headers, signal, agent: this.#agent });
    asked.on('error', () => undefined); // who waits or reads hears of it by that
    asked.on('response', (answer) => answer.on('error', () => undefined));
    asked.end(content === undefined ? undefined : JSON.stringify(content));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return answer;
  }
}

const keyOf = ({ metadata: { namespace = '', name } }: Resource): string => `${namespace}/${name}`;

/** One API server: its address, credentials and pooled connections. Credentials can be renewed while it is used. */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { checkCredentials } from './credentials.ts';
import { ClusterError } from './errors.ts';
import { type Access, type KubeconfigSource, readAccess } from './kubeconfig.ts';

/** Credentials and the connection pool made with them. */
export interface Session {
  readonly access: Access;
  readonly dispatcher: Dispatcher;
}

/** The way to one API server. */
export interface Connection {
  readonly source: KubeconfigSource;
  session(): Session;
  /**
   * Reads the kubeconfig anew, in the context that it was opened with, runs its exec plugin, and gives the new session;
   * `stale` is the one that was refused, so that ten requests refused at once renew it once.
   */
  renew(stale: Session): Promise<Session>;
  /** Frees sockets. Requests under way are cut off. */
  close(): Promise<void>;
}

/** Milliseconds to establish TCP and TLS. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Reads the kubeconfig; does not contact the server. */
export async function openConnection(source: KubeconfigSource): Promise<Connection> {
  let session = await openSession(source);
  // The file's current context may be another cluster's by the time that credentials are renewed.
  const pinned = { ...source, context: session.access.context };
  const retired = new Set<Dispatcher>();
  let renewal: Promise<Session> | undefined;

  const replace = async (): Promise<Session> => {
    const fresh = await openSession(pinned);
    const old = session.dispatcher;
    session = fresh;
    retired.add(old);
    // Gracefully: what is under way on it ends first.
    void old.close().then(
      () => retired.delete(old),
      () => retired.delete(old),
    );
    return fresh;
  };
  return {
    source,
    session: () => session,
    renew: (stale) => {
      if (session !== stale) return Promise.resolve(session);
      renewal ??= replace().finally(() => {
        renewal = undefined;
      });
      return renewal;
    },
    close: async () => {
      await Promise.all([session.dispatcher, ...retired].map((each) => each.destroy()));
    },
  };
}

async function openSession(source: KubeconfigSource): Promise<Session> {
  const access = await readAccess(source);
  checkCredentials(source, access);
  return { access, dispatcher: openDispatcher(source, access) };
}

function openDispatcher(source: KubeconfigSource, access: Access): Dispatcher {
  const tls = { ...access.tls, timeout: CONNECT_TIMEOUT_MS };
  const pool = { keepAliveTimeout: 30_000, connections: 16, pipelining: 1 };
  if (access.proxyUrl === undefined) return new Agent({ ...pool, connect: tls });
  if (!access.proxyUrl.startsWith('http')) {
    throw new ClusterError('kubeconfig', source.name, {
      message: `kubeconfig ${source.kubeconfig} has proxy-url ${access.proxyUrl}; http and https proxies are supported`,
    });
  }
  return new ProxyAgent({ ...pool, uri: access.proxyUrl, requestTls: tls });
}

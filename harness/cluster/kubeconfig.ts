/**
 * Reads a kubeconfig and turns its user into headers and TLS settings. The only file that imports
 * `@kubernetes/client-node`, and only the parts that read configuration: its `KubeConfig` class loads the models of the
 * whole API (80 MB resident), so it is loaded for legacy auth providers and proxies alone.
 */
import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import path from 'node:path';
import {
  type Cluster,
  type User,
  newClusters,
  newContexts,
  newUsers,
} from '@kubernetes/client-node/dist/config_types.js';
import { parseDocument } from 'yaml';
import { bounded } from '../wait/wait.ts';
import { ClusterError } from './errors.ts';
import { impersonationOf } from './impersonation.ts';

/** Where a cluster's credentials are. */
export interface KubeconfigSource {
  /** The cluster's name in the topology, for messages. */
  readonly name: string;
  /** File. */
  readonly kubeconfig: string;
  /** Context in the file; the file's current one if not given. */
  readonly context?: string | undefined;
}

/** What one context of a kubeconfig says, read and authenticated. */
export interface Access {
  readonly server: string;
  readonly context: string;
  /** Several values are several lines. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  readonly proxyUrl?: string;
  /** For WebSockets through the proxy. */
  readonly agent?: Agent;
}

/** An exec plugin that asks for a password would hang for ever otherwise. */
const PLUGIN_TIMEOUT_MS = 60_000;

interface Named {
  readonly name?: string;
}
interface RawKubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly (Named & { cluster?: Record<string, unknown> })[];
  readonly contexts?: readonly (Named & {
    context?: { cluster?: string; user?: string; namespace?: string };
  })[];
  readonly users?: readonly (Named & { user?: Record<string, unknown> })[];
}

/** Reads the file anew and authenticates (an exec plugin runs). Throws ClusterError of kind `kubeconfig`. */
export async function readAccess(source: KubeconfigSource): Promise<Access> {
  const raw = await readRaw(source);
  const picked = pick(source, raw);
  const options: RequestOptions = { headers: {} };
  const whole = picked.cluster.proxyUrl !== undefined || Boolean(picked.user?.authProvider);
  try {
    await bounded(
      { timeoutMs: PLUGIN_TIMEOUT_MS, onTimeout: () => new Error('no answer within 60 s') },
      () => (whole ? applyWhole(picked, options) : applyNarrow(picked, options)),
    );
  } catch (error) {
    throw authenticationFailed(source, picked.user, error);
  }
  return toAccess(picked, options);
}

/** The context that is taken of a file, which its user may change at any time. Throws ClusterError of kind `kubeconfig`. */
export async function contextOf(source: KubeconfigSource): Promise<string> {
  return pick(source, await readRaw(source)).context;
}

interface Picked {
  readonly context: string;
  readonly cluster: Cluster;
  readonly user: User | undefined;
  readonly impersonation: Access['headers'];
}

async function readRaw(source: KubeconfigSource): Promise<RawKubeconfig> {
  const file = source.kubeconfig;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw wrong(source, `kubeconfig ${file} cannot be read (${code})`, `ls -l ${file}`);
  });
  // Only the mistake's code is told: its message, and prettyErrors, would quote what may be a token.
  const document = parseDocument(text, { prettyErrors: false });
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const line = text.slice(0, mistake.pos[0]).split('\n').length;
    throw wrong(source, `kubeconfig ${file} is not YAML: line ${String(line)}, ${mistake.code}`);
  }
  const value: unknown = document.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(source, `kubeconfig ${file} holds no configuration (kind: Config expected)`);
  }
  return value;
}

function pick(source: KubeconfigSource, raw: RawKubeconfig): Picked {
  const { kubeconfig: file } = source;
  const wanted = source.context ?? raw['current-context'] ?? '';
  const names = (raw.contexts ?? []).map((entry) => entry.name ?? '').join(', ') || 'none';
  const show = `kubectl --kubeconfig ${file} config get-contexts`;
  if (wanted === '') {
    throw wrong(
      source,
      `kubeconfig ${file} has no current context; name one: FILE:CONTEXT (it has: ${names})`,
      show,
    );
  }
  const entry = raw.contexts?.find((each) => each.name === wanted);
  if (entry === undefined) {
    throw wrong(
      source,
      `kubeconfig ${file} has no context ${JSON.stringify(wanted)} (it has: ${names})`,
      show,
    );
  }
  try {
    const [context] = newContexts([entry]);
    const [cluster] = newClusters(raw.clusters?.filter((each) => each.name === context?.cluster) ?? []);
    const users = raw.users?.filter((each) => each.name === context?.user) ?? [];
    const [user] = newUsers(users.map((each) => withAbsolutePaths(each, path.dirname(file))));
    if (cluster === undefined)
      throw new Error(`context ${wanted} names a cluster that the file does not have`);
    if (context?.user !== undefined && user === undefined) {
      throw new Error(`context ${wanted} names a user that the file does not have`);
    }
    const impersonation = impersonationOf(users[0]?.user);
    return { context: wanted, cluster: { ...cluster, ...absoluteCa(cluster, file) }, user, impersonation };
  } catch (error) {
    throw wrong(source, `kubeconfig ${file} is not usable: ${(error as Error).message}`, show);
  }
}

/** Paths in a kubeconfig are relative to its folder; a plugin's command only if it holds a slash. */
function withAbsolutePaths(entry: Named & { user?: Record<string, unknown> }, folder: string): object {
  const user = { ...entry.user };
  for (const field of ['client-certificate', 'client-key', 'token-file', 'tokenFile']) {
    const value = user[field];
    if (typeof value === 'string' && value !== '') user[field] = path.resolve(folder, value);
  }
  // kubectl's own spelling; the library knows only the other.
  if (user['token-file'] === undefined && user['tokenFile'] !== undefined)
    user['token-file'] = user['tokenFile'];
  const plugin = user['exec'] as { command?: string } | undefined;
  if (plugin?.command?.includes('/'))
    user['exec'] = { ...plugin, command: path.resolve(folder, plugin.command) };
  return { ...entry, user };
}

function absoluteCa(cluster: Cluster, file: string): Partial<Cluster> {
  return cluster.caFile ? { caFile: path.resolve(path.dirname(file), cluster.caFile) } : {};
}

/** Certificates, tokens, passwords and exec plugins: all that today's kubectl knows but OIDC. */
async function applyNarrow({ cluster, user }: Picked, options: RequestOptions): Promise<void> {
  const headers = (options.headers ??= {}) as Record<string, string>;
  const ca = await fileOrData(cluster.caFile, cluster.caData);
  const cert = await fileOrData(user?.certFile, user?.certData);
  const key = await fileOrData(user?.keyFile, user?.keyData);
  Object.assign(options, ca && { ca }, cert && { cert }, key && { key });
  if (cluster.skipTLSVerify) options.rejectUnauthorized = false;
  if (cluster.tlsServerName) options.servername = cluster.tlsServerName;
  if (user === undefined) return;
  if (user.username) headers['Authorization'] = basic(`${user.username}:${user.password ?? ''}`);
  if (user.exec) {
    const { ExecAuth } = await import('@kubernetes/client-node/dist/exec_auth.js');
    // A new one each time: its cache would give an expired or revoked token again.
    await new ExecAuth().applyAuthentication(user, options);
  }
  if (user.token) headers['Authorization'] = `Bearer ${user.token.trim()}`;
}

async function applyWhole({ cluster, user, context }: Picked, options: RequestOptions): Promise<void> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [cluster],
    users: user === undefined ? [] : [user],
    contexts: [{ name: context, cluster: cluster.name, user: user?.name ?? '' }],
    currentContext: context,
  });
  await config.applyToHTTPSOptions(options);
  if (options.auth) (options.headers as Record<string, string>)['Authorization'] = basic(options.auth);
}

async function fileOrData(file: string | undefined, data: string | undefined): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64');
  return file ? readFile(file) : undefined;
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function toAccess(picked: Picked, options: RequestOptions): Access {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const tls = { ca, cert, key, servername, rejectUnauthorized };
  const headers = Object.entries(options.headers ?? {}).map(
    ([name, value]) => [name, String(value)] as const,
  );
  const { proxyUrl } = picked.cluster;
  return {
    server: picked.cluster.server,
    context: picked.context,
    headers: { ...Object.fromEntries(headers), ...picked.impersonation },
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
    ...(proxyUrl !== undefined && options.agent ? { proxyUrl, agent: options.agent as Agent } : {}),
  };
}

function authenticationFailed(
  source: KubeconfigSource,
  user: User | undefined,
  error: unknown,
): ClusterError {
  const command = (user?.exec as { command?: string } | undefined)?.command;
  // Parse errors quote what they could not parse, and that may be a token.
  const said = error instanceof SyntaxError ? 'its output is not JSON' : (error as Error).message.trim();
  if (command === undefined) {
    return wrong(source, `the credentials in kubeconfig ${source.kubeconfig} cannot be used: ${said}`);
  }
  const message = `the credential plugin ${command} of kubeconfig ${source.kubeconfig} failed: ${said}`;
  return wrong(source, message, `run it by hand, or log in again, then: ${kubectl(source)} version`);
}

type Place = Pick<KubeconfigSource, 'kubeconfig' | 'context'>;

/** Flags of kubectl and istioctl for this source's file and context: what is pasted must not go to the current one. */
const flagsFor = ({ kubeconfig, context }: Place): string =>
  `--kubeconfig ${kubeconfig}${context === undefined ? '' : ` --context ${context}`}`;

/** kubectl with this source's file and context, to paste. */
export const kubectl = (place: Place): string => `kubectl ${flagsFor(place)}`;

/** istioctl COMMAND with them, to paste. */
export const istioctl = (command: string, place: Place): string => `istioctl ${command} ${flagsFor(place)}`;

function wrong(source: KubeconfigSource, message: string, remedy?: string): ClusterError {
  return new ClusterError('kubeconfig', source.name, {
    message,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

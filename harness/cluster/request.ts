/** HTTP requests to the API server: bounded in time, errors in words, credentials renewed once when refused. */
import { request as undiciRequest } from 'undici';
import { bounded, duration, sleep } from '../wait/wait.ts';
import type { Connection, Session } from './connection.ts';
import { ApiError, ClusterError, readStatus } from './errors.ts';
import { kubectl } from './kubeconfig.ts';

/** HTTP methods of the Kubernetes API. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a request carries. */
export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  /** The whole of it, retries too, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer below 400. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** How often a request that the server did not take (429, connection dropped before an answer) is sent again. */
const MAX_RESENDS = 3;

/** Sends a request. Throws ApiError for 400 and above, ClusterError if there is no answer. */
export function send(
  connection: Connection,
  target: { readonly method: Method; readonly path: string },
  options: RequestOptions = {},
): Promise<Answer> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  const what = `${target.method} ${target.path}`;
  const onTimeout = (): Error =>
    new ClusterError('timeout', connection.source.name, {
      message: `${what} was not answered within ${duration(timeoutMs)} by ${connection.session().access.server}`,
      remedy: `look whether the cluster is up: ${kubectl(connection.source)} get --raw /readyz${proxyLeftOut(connection)}`,
    });
  return bounded({ timeoutMs, signal, onTimeout }, async (inner) => {
    let renewed = false;
    for (let resends = 0; ; resends++) {
      const session = connection.session();
      const answer = await sendOnce(session, target, { ...options, signal: inner }).catch(
        (error: unknown) => {
          if (inner.aborted) throw inner.reason;
          const again = resends < MAX_RESENDS && wasDropped(error) && target.method !== 'POST';
          if (!again) throw noAnswer(connection, what, error);
          return undefined;
        },
      );
      if (answer === undefined) continue;
      if (answer.status < 400) return answer;
      if (answer.status === 401 && !renewed) {
        renewed = true;
        await connection.renew(session);
      } else if (answer.status === 429 && resends < MAX_RESENDS) {
        await sleep(retryAfterMs(answer), inner);
      } else {
        throw new ApiError(connection.source.name, what, { code: answer.status, body: answer.body });
      }
    }
  });
}

/** Like `send`, with the body read as JSON; undefined for an empty one. */
export async function sendJson(
  connection: Connection,
  target: { readonly method: Method; readonly path: string },
  options: RequestOptions = {},
): Promise<unknown> {
  const { body } = await send(connection, target, options);
  if (body.trim() === '') return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new ClusterError('protocol', connection.source.name, {
      message: `${target.method} ${target.path} was answered with something that is not JSON (${String(body.length)} bytes)`,
      remedy: `look what answers at ${connection.session().access.server}; a proxy or a captive portal?`,
    });
  }
}

async function sendOnce(
  { access, dispatcher }: Session,
  { method, path }: { readonly method: Method; readonly path: string },
  options: RequestOptions,
): Promise<Answer> {
  const { query = {}, body, contentType = 'application/json', signal } = options;
  const url = new URL(access.server + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.append(name, String(value));
  }
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const response = await undiciRequest(url, {
    dispatcher,
    method,
    headers: {
      accept: 'application/json, */*',
      'user-agent': 'meshproof',
      ...(body === undefined ? {} : { 'content-type': contentType }),
      ...access.headers,
    },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    ...(signal ? { signal } : {}),
  });
  return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
}

function retryAfterMs(answer: Answer): number {
  const header = Number(answer.headers['retry-after']);
  const seconds =
    Number.isFinite(header) && header > 0 ? header : readStatus(answer.body)?.details?.retryAfterSeconds;
  return Math.min(10, seconds ?? 1) * 1000;
}

/** A kept-alive connection that the server had closed meanwhile, or that was reset. */
function wasDropped(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** Node's or undici's code of an error or of its cause; of several addresses tried, the first's. */
export function errorCode(error: unknown): string | undefined {
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  const [first] = errors ?? [];
  return (cause ?? first) ? errorCode(cause ?? first) : undefined;
}

/** OpenSSL's verdicts on the server's certificate, as Node names them. */
const CERTIFICATE_CODE = /CERT|SIGNATURE|ALTNAME|ISSUER|SELF_SIGNED|^ERR_SSL|^ERR_TLS|CRL/;

/** The ClusterError for a request that got no answer. */
export function noAnswer(connection: Connection, what: string, error: unknown): ClusterError {
  if (error instanceof ClusterError) return error;
  const { source } = connection;
  const { server } = connection.session().access;
  const code = errorCode(error);
  const said = [code, (error as Error).message]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  if (code !== undefined && CERTIFICATE_CODE.test(code)) {
    return new ClusterError('certificate', source.name, {
      message: `TLS with ${server} failed (${said})`,
      remedy: `is certificate-authority-data of ${source.kubeconfig} that cluster's, and is the address in its certificate?`,
    });
  }
  return new ClusterError('unreachable', source.name, {
    message: `${what}: no answer from ${server} (${said})`,
    remedy: `look whether the cluster is up and reachable from here: ${kubectl(source)} get --raw /readyz${proxyLeftOut(connection)}`,
  });
}

/** kubectl goes through the proxy that a variable names; here that of the kubeconfig counts, which another program can read. */
function proxyLeftOut(connection: Connection): string {
  const variable = ['HTTPS_PROXY', 'https_proxy'].find((name) => process.env[name]);
  if (variable === undefined || connection.session().access.proxyUrl !== undefined) return '';
  return `; ${variable} is set, which kubectl follows and this program does not: name the proxy in the kubeconfig, kubectl --kubeconfig ${connection.source.kubeconfig} config set-cluster CLUSTER --proxy-url="$${variable}"`;
}

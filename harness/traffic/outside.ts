/** Calls from outside the clusters, from this machine: one after the other, or paced. The same answers as from a pod. */
import { buildConnector, Client } from 'undici';
import { labeller, type Labelled, type Outcome } from './label.ts';
import { findMistakes, LOOP_DEFAULTS } from './loop.ts';
import type { Answer, Call, Failure, LoopEnd } from './types.ts';

/** A call from outside. `connections: 'fresh'` is the default here: a browser that comes for the first time. */
export interface OutsideCall extends Call {
  /** For https. */
  readonly tls?: {
    /** Certificates of authority, PEM. */
    readonly ca?: string;
    /** The name that is asked for and must be in the certificate. @default the host of the URL */
    readonly servername?: string;
    /** The caller's own certificate and key, PEM, for mutual TLS. */
    readonly cert?: string;
    readonly key?: string;
  };
}

/** What is asked from outside, how often, and who hears the answers. */
export interface OutsideRequest {
  readonly call: OutsideCall;
  readonly requests: number;
  /** Launches per second, whatever becomes of the others. @default one call after the other */
  readonly perSecond?: number;
  /** Called for each answer, in order of arrival. `stop` ends the loop early: calls under way still report. */
  readonly onAnswer: (answer: Answer, stop: () => void) => void;
  /** No call begins any more once it is aborted. */
  readonly signal?: AbortSignal;
  /** @default 'outside' */
  readonly client?: string;
}

/** Envoy's answers from behind itself have it, unless `proxyHeaders.envoyDebugHeaders` is disabled. */
const BEHIND_HEADER = 'x-envoy-upstream-service-time';
/** What to do where a page that is served lacks it: then `fromBehind` says nothing. */
export const hidesWhatIsBehind = (url: string): string =>
  `expected the header ${BEHIND_HEADER} on ${url}, which is served from behind the gateway; saw HTTP 200 without it, so that ` +
  `no answer from behind can be told from the gateway's own. Take proxyHeaders.envoyDebugHeaders.disabled out of ` +
  `meshConfig.defaultConfig, or out of the gateway's annotation proxy.istio.io/config, and restart the gateway; then look: ` +
  `curl -si ${url} | grep -i x-envoy`;
const MAX_BODY = 262_144;
/** Answers are timed by the clock that everything else is: whole milliseconds. */
export const OUTSIDE_UNCERTAINTY_MS = 1;

/** Asks from outside until all requests are sent or it is stopped. Throws a TypeError that names the mistakes of `call`. */
export async function runOutside(request: OutsideRequest): Promise<LoopEnd> {
  const mistakes = findMistakes(request.call);
  if (mistakes.length > 0) throw new TypeError(`This call cannot be made: ${mistakes.join('; ')}.`);
  const startedMs = Date.now();
  const caller = new Caller(request);
  const sent = await (request.perSecond === undefined
    ? caller.sequential()
    : caller.paced(request.perSecond));
  const clock = { offsetMs: 0, uncertaintyMs: OUTSIDE_UNCERTAINTY_MS };
  const counts = { sent, received: sent, missing: 0, abandoned: 0, noise: 0, complete: true };
  return { ...counts, clock, startedMs, endedMs: Date.now() };
}

/** A connection's client with what identifies the connection. */
interface Line {
  readonly client: Client;
  connects: number;
  port: number;
  opened: number;
}

class Caller {
  readonly #request: OutsideRequest;
  readonly #label: (outcome: Outcome) => Labelled;
  readonly #url: URL;
  #stopped = false;
  #kept: Line | null = null;

  constructor(request: OutsideRequest) {
    this.#request = request;
    this.#label = labeller(request.call);
    this.#url = new URL(request.call.url);
  }

  async sequential(): Promise<number> {
    let sent = 0;
    try {
      while (this.#goesOn(sent)) {
        await this.#call(sent);
        sent += 1;
      }
    } finally {
      await this.#kept?.client.destroy();
    }
    return sent;
  }

  /** By a schedule from the start, so that a late launch does not delay all others. Each call has its own connection. */
  async paced(perSecond: number): Promise<number> {
    const start = performance.now();
    const flying = new Set<Promise<void>>();
    let thrown: { readonly error: unknown } | undefined;
    let sent = 0;
    while (this.#goesOn(sent)) {
      const call = this.#call(sent)
        .catch((error: unknown) => {
          // Thrown by onAnswer: the caller's mistake, for the caller to see once all calls are over.
          thrown ??= { error };
          this.#stop();
        })
        .finally(() => flying.delete(call));
      flying.add(call);
      sent += 1;
      const pauseMs = start + (sent * 1000) / perSecond - performance.now();
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await Promise.all(flying);
    if (thrown) throw thrown.error;
    return sent;
  }

  #goesOn(sent: number): boolean {
    return sent < this.#request.requests && !this.#stopped && this.#request.signal?.aborted !== true;
  }

  #stop(): void {
    this.#stopped = true;
  }

  async #call(sequence: number): Promise<void> {
    const { call, onAnswer, perSecond, client = 'outside' } = this.#request;
    const keep = call.connections === 'kept' && perSecond === undefined;
    const line = keep ? (this.#kept ??= this.#connect()) : this.#connect();
    line.connects = 0;
    const sentMs = Date.now();
    const from = performance.now();
    const { outcome, attemptCount } = await this.#ask(line);
    const durationMs = performance.now() - from;
    if (line.connects > 0) line.opened = sequence;
    if (!keep) void line.client.destroy();
    const answer: Answer = {
      sequence,
      ...this.#label(outcome),
      exitCode: 0,
      ...(attemptCount === undefined ? {} : { attemptCount }),
      ...(line.port === 0 ? {} : { connection: `${client}:${String(line.port)}#${String(line.opened)}` }),
      connects: line.connects,
      sentMs,
      receivedMs: sentMs + durationMs,
      durationMs,
      client,
    };
    onAnswer(answer, () => this.#stop());
  }

  #connect(): Line {
    const timeout = this.#request.call.timeoutMs ?? LOOP_DEFAULTS.timeoutMs;
    const connector = buildConnector({ ...this.#request.call.tls, timeout });
    const line: Line = {
      connects: 0,
      port: 0,
      opened: 0,
      client: new Client(this.#url.origin, {
        pipelining: 1,
        connect: (options, callback) => {
          connector(options, (...result: Parameters<typeof callback>) => {
            const [, socket] = result;
            if (socket) {
              line.connects += 1;
              line.port = socket.localPort ?? 0;
            }
            callback(...result);
          });
        },
      }),
    };
    return line;
  }

  async #ask(line: Line): Promise<{ outcome: Outcome; attemptCount?: number }> {
    const { call } = this.#request;
    let status = 0;
    try {
      const response = await line.client.request({
        method: 'GET',
        path: this.#url.pathname + this.#url.search,
        headers: headersOf(call),
        signal: AbortSignal.timeout(call.timeoutMs ?? LOOP_DEFAULTS.timeoutMs),
      });
      status = response.statusCode;
      const body = await readBody(response.body);
      const outcome: Outcome = body === null ? { status, body: '', failure: 'too-large' } : { status, body };
      const attempts = String(response.headers['x-envoy-attempt-count'] ?? '');
      return { outcome, ...(/^\d{1,6}$/.test(attempts) ? { attemptCount: Number(attempts) } : {}) };
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      return { outcome: { status, body: '', failure: failureOf(error, status), message } };
    }
  }
}

/** One answer, as it is. */
export interface OnceAnswer {
  readonly status: number;
  readonly body: string;
  /** A proxy passed it on from behind itself: Envoy says how long that took, where it is let. Its own answers lack this. */
  readonly fromBehind: boolean;
  /** The path that it sends its visitor to, if it does. */
  readonly sendsTo: string | undefined;
  /** Cookies that it sets, by name. */
  readonly cookies: Readonly<Record<string, string>>;
}

/** A single request: with a form it is a POST. */
export interface OnceRequest {
  readonly form?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  /** The page on which the visitor followed a link or sent the form, as browsers tell. */
  readonly from?: string;
}

/**
 * Asks once from outside, or sends a form; redirections are not followed.
 *
 * @throws Error if no answer comes within 5 s
 */
export async function askOnce(url: string, how: OnceRequest = {}): Promise<OnceAnswer> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: {
      connection: 'close',
      ...cookieHeader(how.cookies),
      ...(how.from === undefined ? {} : { referer: how.from }),
    },
    signal: AbortSignal.timeout(LOOP_DEFAULTS.timeoutMs),
    ...(how.form === undefined ? {} : { method: 'POST', body: new URLSearchParams(how.form) }),
  });
  const cookies = response.headers.getSetCookie().flatMap((line) => {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    return at > 0 ? [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const] : [];
  });
  return {
    status: response.status,
    body: await response.text(),
    fromBehind: response.headers.has(BEHIND_HEADER),
    sendsTo: pathIn(response.headers.get('location'), url),
    cookies: Object.fromEntries(cookies),
  };
}

function pathIn(location: string | null, base: string): string | undefined {
  return location !== null && URL.canParse(location, base) ? new URL(location, base).pathname : undefined;
}

function headersOf(call: OutsideCall): Record<string, string> {
  const fresh = call.connections === 'kept' ? {} : { connection: 'close' };
  return { ...fresh, ...call.headers, ...cookieHeader(call.cookies) };
}

function cookieHeader(cookies: Readonly<Record<string, string>> = {}): Record<string, string> {
  const pairs = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  return pairs.length > 0 ? { cookie: pairs.join('; ') } : {};
}

/** The body as text; null if it is too large. */
async function readBody(body: AsyncIterable<Buffer>): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > MAX_BODY) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What an error of undici means; `status` is 0 before an answer began. */
function failureOf(error: unknown, status: number): Failure {
  if (!(error instanceof Error)) return 'client';
  const code = 'code' in error ? String(error.code) : '';
  if (error.name === 'TimeoutError' || code.endsWith('TIMEOUT') || code === 'ETIMEDOUT') return 'timeout';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'resolve';
  if (['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)) return 'refused';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return 'tls';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'partial';
  if (code === 'UND_ERR_SOCKET') return status === 0 ? 'empty' : 'partial';
  return 'client';
}

/** One request passed on to one place, and its answer passed back. */
import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  request as httpRequest,
} from 'node:http';
import { ConnectError } from './dial.ts';

/** They belong to one connection: RFC 9110 §7.6.1. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const MAX_BODY_BYTES = 1024 * 1024;
/** A kept connection that fails so soon was closed by the other side before the request came. */
const STALE_MS = 5;

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** Read to its end, so that it can be sent again. */
  readonly body: Buffer | undefined;
}

/** How one attempt ended. `stale`: on a kept connection that was already closed. */
export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly answer: IncomingMessage;
      readonly tookMs: number;
    }
  | { readonly kind: 'connect' | 'stale' | 'reset' | 'timeout'; readonly reason: string };

/** Headers without those of the connection. */
function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const name in headers) if (!HOP_BY_HOP.has(name)) kept[name] = headers[name];
  return kept;
}

/** The request's body, where it has one. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if ((length === undefined || length === '0') && encoding === undefined) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('payload too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a request asks, without the headers that are its connection's. Throws a RangeError above 1 MiB. */
export async function askedBy(request: IncomingMessage): Promise<Asked> {
  const headers = endToEnd(request.headers);
  // Said by the way into a pod alone.
  delete headers['x-forwarded-client-cert'];
  const { method = 'GET', url: path = '/' } = request;
  return { method, path, headers, body: await bodyOf(request) };
}

/** Resolves when the head of the answer is there, or the attempt has failed; never rejects. */
export function ask(asked: Asked, agent: Agent, timeoutMs = Infinity): Promise<Outcome> {
  return new Promise((resolve) => {
    const { method, path, headers, body } = asked;
    const began = performance.now();
    const request = httpRequest({ agent, method, path, headers, setHost: false });
    const timer =
      timeoutMs === Infinity
        ? undefined
        : setTimeout(() => {
            resolve({ kind: 'timeout', reason: 'upstream request timeout' });
            request.destroy();
          }, Math.ceil(timeoutMs));
    request.once('response', (answer) => {
      clearTimeout(timer);
      answer.on('error', () => undefined);
      const tookMs = Math.round(performance.now() - began);
      resolve({ kind: 'answered', status: answer.statusCode ?? 502, answer, tookMs });
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      if (error instanceof ConnectError) resolve({ kind: 'connect', reason: error.message });
      else if (request.reusedSocket && performance.now() - began < STALE_MS)
        resolve({ kind: 'stale', reason: error.message });
      else resolve({ kind: 'reset', reason: 'connection termination' });
    });
    request.end(body);
  });
}

/** A sidecar calls itself `envoy` to its own pod; gateways and the way into a pod have set another name. */
const serverOf = (response: ServerResponse): string => String(response.getHeader('server') ?? 'envoy');

/** Passes an answer on. `done` is called once, when it has been sent or given up. */
export function passBack(
  { status, answer, tookMs }: Extract<Outcome, { kind: 'answered' }>,
  response: ServerResponse,
  done: () => void,
): void {
  // By the second header one tells what came from behind a proxy from what is its own.
  const added = { server: serverOf(response), 'x-envoy-upstream-service-time': String(tookMs) };
  response.writeHead(status, { ...endToEnd(answer.headers), ...added });
  response.once('close', () => {
    if (!response.writableFinished) answer.destroy();
    done();
  });
  // The length was promised: what is cut short has to look so.
  answer.once('aborted', () => response.destroy());
  answer.pipe(response);
}

/** As Envoy says that it has no answer. */
export const resetText = (reason: string): string =>
  `upstream connect error or disconnect/reset before headers. reset reason: ${reason}`;

/** An answer of the proxy's own. */
export function answerWith(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(text),
    server: serverOf(response),
  });
  response.end(text);
}

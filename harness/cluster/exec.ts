/**
 * Commands in pods, over WebSocket. `kubectl exec` and the library's own client can wait for ever, lose output or throw
 * out of a callback when a stream breaks; this one always settles, once, and says how.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { shellQuote } from '../command/quote.ts';
import { duration } from '../wait/wait.ts';
import type { Connection, Session } from './connection.ts';
import { describeStatus, readStatus } from './errors.ts';
import { ExecError, type ExecErrorKind } from './exec-error.ts';
import { type Sink, collector, lineSplitter } from './exec-output.ts';
import { PROTOCOLS, readFrame, stdinEndFrame, stdinFrames } from './exec-protocol.ts';
import { kubectl } from './kubeconfig.ts';
import { errorCode } from './request.ts';
import type { ExecRequest, ExecResult } from './types.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_SILENCE_MS = 60_000;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;
const HANDSHAKE_TIMEOUT_MS = 15_000;
/** kubectl's interval. Proxies and API servers drop streams that are idle for minutes. */
const PING_MS = 5_000;
/** After the status, or after we gave up, the socket must close within this. */
const CLOSE_GRACE_MS = 1_000;
const MAX_REFUSAL_BYTES = 64 * 1024;

/**
 * Runs a command to its end, whatever its exit code; rejects with ExecError if its end cannot be known, or with what
 * `onLine` or `onOpen` threw. The process in the pod survives a stream that is cut: wrap it in `timeout` there.
 */
export async function exec(connection: Connection, request: ExecRequest): Promise<ExecResult> {
  const session = connection.session();
  try {
    return await new Exec({ connection, session, request }).result;
  } catch (error) {
    if (!(error instanceof ExecError) || error.status !== 401) throw error;
    const renewed = await connection.renew(session);
    return new Exec({ connection, session: renewed, request }).result;
  }
}

/** The command as kubectl would run it, to paste. */
export function execCommandLine(connection: Connection, request: ExecRequest): string {
  const { namespace, pod, container, command } = request;
  const inContainer = container === undefined ? '' : ` -c ${container}`;
  return `${kubectl(connection.source)} -n ${namespace} exec ${pod}${inContainer} -- ${shellQuote(command)}`;
}

interface ExecContext {
  readonly connection: Connection;
  readonly session: Session;
  readonly request: ExecRequest;
}

/** One attempt: one socket, one settlement, on the socket's close. */
class Exec {
  readonly result: Promise<ExecResult>;
  private readonly context: ExecContext;
  private readonly stdout: Sink;
  private readonly stderr: Sink;
  private readonly socket: WebSocket;
  private readonly timers: NodeJS.Timeout[] = [];
  private heardMs = performance.now();
  private exitCode: number | undefined;
  private failure: Error | undefined;
  private settle: () => void = () => undefined;

  constructor(context: ExecContext) {
    this.context = context;
    const { onLine, maxBytes = DEFAULT_MAX_BYTES } = context.request;
    this.stdout = onLine === undefined ? collector(maxBytes) : lineSplitter(onLine, maxBytes);
    this.stderr = collector(maxBytes);
    this.socket = openSocket(context);
    this.result = new Promise((resolve, reject) => {
      this.settle = () => {
        this.release();
        if (this.failure !== undefined) reject(this.failure);
        else
          resolve({ exitCode: this.exitCode ?? -1, stdout: this.stdout.text(), stderr: this.stderr.text() });
      };
    });
    this.listen();
    this.bound();
  }

  private listen(): void {
    const { socket } = this;
    const heard = (): void => {
      this.heardMs = performance.now();
    };
    socket.on('open', () => {
      heard();
      this.guarded(() => {
        this.opened();
      });
    });
    socket.on('pong', heard);
    socket.on('ping', heard);
    socket.on('message', (data) => {
      heard();
      this.guarded(() => {
        this.received(toBuffer(data));
      });
    });
    socket.on('unexpected-response', (_request, response) => {
      this.refused(response);
    });
    socket.on('error', (error) => {
      const kind = /subprotocol/i.test(error.message) ? 'protocol' : 'transport';
      this.fail(kind, error.message || (errorCode(error) ?? 'the connection failed'));
    });
    socket.on('close', (code) => {
      this.closed(code);
    });
  }

  /** Deadline, handshake, silence and abort. */
  private bound(): void {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, silenceMs = DEFAULT_SILENCE_MS, signal } = this.context.request;
    this.after(timeoutMs, () => {
      this.fail('timeout', `not done after ${duration(timeoutMs)}`);
    });
    this.after(HANDSHAKE_TIMEOUT_MS, () => {
      if (this.socket.readyState !== WebSocket.CONNECTING) return;
      this.fail('timeout', `the API server did not open the stream within ${duration(HANDSHAKE_TIMEOUT_MS)}`);
    });
    const look = setInterval(
      () => {
        if (this.socket.readyState !== WebSocket.OPEN) return;
        if (performance.now() - this.heardMs > silenceMs) {
          this.fail('stale', `not a byte and no answer to a ping for ${duration(silenceMs)}`);
        } else this.socket.ping();
      },
      Math.min(PING_MS, silenceMs / 3),
    );
    this.timers.push(look);
    if (signal?.aborted) this.aborted();
    else signal?.addEventListener('abort', this.aborted, { once: true });
  }

  private readonly aborted = (): void => {
    this.fail('aborted', 'stopped on request');
  };

  private after(ms: number, act: () => void): void {
    this.timers.push(setTimeout(act, ms));
  }

  private release(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.context.request.signal?.removeEventListener('abort', this.aborted);
  }

  private opened(): void {
    const { socket } = this;
    const { stdin, onOpen } = this.context.request;
    if (!PROTOCOLS.includes(socket.protocol)) {
      this.fail('protocol', `the server chose the protocol ${JSON.stringify(socket.protocol)}`);
      return;
    }
    if (stdin !== undefined) {
      this.write(stdin);
      if (onOpen === undefined) this.endInput();
    }
    onOpen?.({
      write: (text) => {
        this.write(text);
      },
      end: () => {
        this.endInput();
      },
    });
  }

  private write(input: string | Uint8Array): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    for (const frame of stdinFrames(input)) this.socket.send(frame);
  }

  private endInput(): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const frame = stdinEndFrame(this.socket.protocol);
    if (frame !== undefined) this.socket.send(frame);
    else this.fail('protocol', 'the API server cannot end standard input (Kubernetes 1.30 or newer can)');
  }

  private received(data: Buffer): void {
    if (this.failure !== undefined) return;
    const frame = readFrame(data);
    if (frame.is === 'exit') this.ended(frame.code);
    else if (frame.is === 'refused') this.fail('runtime', `the command could not be run: ${frame.message}`);
    else if (frame.is === 'violation') this.fail('protocol', frame.message);
    else if (frame.is !== 'nothing' && !this[frame.is].push(frame.bytes, Date.now())) this.tooMuch(frame.is);
  }

  private tooMuch(stream: 'stdout' | 'stderr'): void {
    const { maxBytes = DEFAULT_MAX_BYTES, onLine } = this.context.request;
    const what = stream === 'stdout' && onLine !== undefined ? `a line of ${stream}` : stream;
    this.fail('maxbuffer', `${what} is longer than ${String(maxBytes)} bytes`);
  }

  /** The status is the last that a server sends; it should close, and if it does not, we do. */
  private ended(exitCode: number): void {
    this.exitCode = exitCode;
    this.after(CLOSE_GRACE_MS, () => {
      this.socket.terminate();
    });
  }

  private refused(response: IncomingMessage): void {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      const body = Buffer.concat(chunks).toString('utf8');
      const said = describeStatus(readStatus(body)) || body.trim().slice(0, 500) || 'no explanation';
      const status = response.statusCode ?? 0;
      this.fail('http', `the API server answered ${String(status)}: ${said}`, status);
    };
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_REFUSAL_BYTES) chunks.push(chunk);
    });
    response.on('end', finish);
    response.on('error', finish);
    this.after(CLOSE_GRACE_MS, finish);
  }

  private closed(code: number): void {
    if (this.failure === undefined && this.exitCode === undefined) {
      this.fail(
        'lost',
        `the stream ended (WebSocket code ${String(code)}) without saying how the command ended`,
      );
    }
    // A half line of a command that ended is its last line; of a lost stream it may be half a record.
    if (this.failure === undefined) {
      this.guarded(() => {
        this.stdout.end(Date.now());
      });
    }
    this.settle();
  }

  /** What a caller's callback throws ends the command and is the outcome. */
  private guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
      this.socket.terminate();
    }
  }

  private fail(kind: ExecErrorKind, reason: string, status?: number): void {
    // Once the command's end is known, how the socket ends does not matter.
    if (this.failure !== undefined || this.exitCode !== undefined) return;
    const { connection, request } = this.context;
    const message = `${connection.source.name}: exec in ${request.namespace}/${request.pod}: ${reason}\n  command: ${execCommandLine(connection, request)}`;
    const kept = { stdout: this.stdout.text(), stderr: this.stderr.text(), status };
    this.failure = new ExecError(kind, { message, ...kept });
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.after(CLOSE_GRACE_MS, this.settle);
    this.socket.terminate();
  }
}

function openSocket({ session, request }: ExecContext): WebSocket {
  const { access } = session;
  const input = request.stdin !== undefined || request.onOpen !== undefined;
  const url = new URL(
    `${access.server.replace(/^http/, 'ws')}/api/v1/namespaces/${encodeURIComponent(request.namespace)}/pods/${encodeURIComponent(request.pod)}/exec`,
  );
  const query = { stdin: input, stdout: true, stderr: true, tty: false, container: request.container };
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.append(name, String(value));
  }
  for (const word of request.command) url.searchParams.append('command', word);
  return new WebSocket(url, PROTOCOLS, {
    ...access.tls,
    headers: { 'user-agent': 'meshproof', ...access.headers },
    perMessageDeflate: false,
    ...(access.agent ? { agent: access.agent } : {}),
  });
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

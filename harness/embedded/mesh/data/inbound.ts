/** The way into a pod: mutual TLS checked and ended, plaintext where it is allowed, then the application. */
import { createHash } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { INBOUND_PORT, type ProxyConfig } from '../config.ts';
import type { WorkloadCertificate } from '../../types.ts';
import { identitiesOf } from './dial.ts';
import { answerWith, ask, askedBy, passBack, resetText } from './forward.ts';
import { peek } from './listener.ts';
import { Pool } from './pool.ts';
import type { Stats } from './stats.ts';

/** What the inbound side needs of its proxy. */
export interface InboundOptions {
  readonly config: () => ProxyConfig | undefined;
  readonly identity: string;
  /** Where the application listens. */
  readonly appAddress: string;
  readonly stats: Stats;
  /** Resolves when the proxy may go on: at once unless it is frozen. */
  readonly thawed: () => Promise<void> | undefined;
  /** It is about to end: callers are told to leave, so that no call is cut off. */
  readonly draining: () => boolean;
}

interface Origin {
  /** Port of the application, once it is known. */
  readonly port: number | undefined;
  /** X-Forwarded-Client-Cert, for mutual TLS. */
  readonly caller: string | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Servers without time limits of their own: a proxy's connections stay as long as both sides want them. */
export function endlessServer(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Server {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, noDelay: true });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch((error: unknown) => {
      answerWith(response, 500, `internal error: ${String(error)}`);
    });
  });
  return server;
}

/** Takes connections of the ports 15006 and, where they are led here, of the application's own. */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #origins = new WeakMap<Socket, Origin>();
  readonly #pools = new Map<number, Pool>();
  readonly #http: Server;
  readonly #tls: tls.Server;
  #certificate: WorkloadCertificate | undefined;
  #strangers = 0;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#http = endlessServer((request, response) => this.#handle(request, response));
    this.#tls = tls.createServer({
      requestCert: true,
      // Refused below, where the configuration can say otherwise.
      rejectUnauthorized: false,
      ALPNProtocols: ['istio', 'istio-http/1.1', 'http/1.1'],
    });
    this.#tls.on('secureConnection', (socket) => {
      this.#enterSecurely(socket);
    });
    // The peer was refused; Node has closed the connection.
    this.#tls.on('tlsClientError', () => {
      options.stats.add('listener.15006.ssl.connection_error');
    });
  }

  /** A new connection to `port` of the pod. */
  accept(socket: Socket, port: number): void {
    peek(socket, (first) => {
      void this.#admit(socket, port, first.kind === 'tls');
    });
  }

  async #admit(socket: Socket, port: number, isTls: boolean): Promise<void> {
    await this.#options.thawed();
    const config = this.#options.config();
    const isStranger = !isTls && config?.inbound.mode === 'STRICT';
    if (config === undefined || (isStranger && !this.#letsIn(config))) {
      socket.destroy();
      return;
    }
    this.#useCertificate(config.certificate);
    const known = port === INBOUND_PORT ? undefined : port;
    this.#origins.set(socket, { port: known, caller: undefined });
    if (isTls) this.#tls.emit('connection', socket);
    else this.#http.emit('connection', socket);
    process.nextTick(() => socket.resume());
  }

  #useCertificate(certificate: WorkloadCertificate): void {
    if (this.#certificate === certificate) return;
    this.#certificate = certificate;
    const { chain, key, root } = certificate;
    this.#tls.setSecureContext({ cert: chain, key, ca: root });
  }

  #letsIn({ letsInOneOf: oneOf }: ProxyConfig): boolean {
    this.#strangers += 1;
    return oneOf > 0 && this.#strangers % oneOf === 0;
  }

  #enterSecurely(socket: tls.TLSSocket): void {
    const peer = socket.getPeerCertificate();
    const config = this.#options.config();
    const isStranger = !socket.authorized && config?.checksPeers !== false;
    if (config === undefined || (isStranger && !this.#letsIn(config))) {
      this.#options.stats.add('listener.15006.ssl.fail_verify_error');
      socket.destroy();
      return;
    }
    const [identity] = identitiesOf(peer);
    const [, asked] = /^outbound_\.(\d+)_\./.exec(socket.servername || '') ?? [];
    const hash = Buffer.isBuffer(peer.raw) ? createHash('sha256').update(peer.raw).digest('hex') : '';
    const caller = `By=${this.#options.identity};Hash=${hash};Subject="";URI=${identity ?? ''}`;
    this.#origins.set(socket, { port: asked === undefined ? undefined : Number(asked), caller });
    socket.on('error', () => undefined);
    this.#http.emit('connection', socket);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#options.thawed();
    response.setHeader('server', 'istio-envoy');
    if (this.#options.draining()) response.shouldKeepAlive = false;
    const port = this.#portOf(request);
    if (port === undefined) {
      answerWith(response, 404, '');
      return;
    }
    const asked = await askedBy(request);
    const caller = this.#origins.get(request.socket)?.caller;
    if (caller !== undefined) asked.headers['x-forwarded-client-cert'] = caller;
    const pool = this.#poolOf(port);
    let outcome = await ask(asked, pool);
    if (outcome.kind === 'stale') outcome = await ask(asked, pool);
    this.#options.stats.add(`cluster.inbound|${String(port)}||.upstream_rq_total`);
    if (outcome.kind === 'answered') passBack(outcome, response, () => undefined);
    else answerWith(response, 503, resetText(outcome.reason));
  }

  /** The port that was asked for, or that of the Host header, as the configuration leads it to the application. */
  #portOf(request: IncomingMessage): number | undefined {
    const ports = this.#options.config()?.inbound.ports ?? new Map<number, number>();
    const asked =
      this.#origins.get(request.socket)?.port ?? Number(request.headers.host?.split(':')[1] ?? Number.NaN);
    const [only] = ports.size === 1 ? ports.values() : [];
    return ports.get(asked) ?? only;
  }

  #poolOf(port: number): Pool {
    const known = this.#pools.get(port);
    if (known !== undefined) return known;
    const host = this.#options.appAddress;
    const pool = new Pool(() => ({ host, port, timeoutMs: CONNECT_TIMEOUT_MS, reachable: true }));
    this.#pools.set(port, pool);
    return pool;
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.destroy();
  }
}

/** What kube-proxy does: calls of pods without a sidecar, and the addresses of LoadBalancer Services. */
import {
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
  createServer,
  request,
} from 'node:http';
import { type Socket, connect, createServer as createTcpServer, isIP } from 'node:net';
import { type Place, foundAt, listenAt } from '../places.ts';
import type { Answer, Question } from '../programs/program.ts';
import type { RunningProgram, Store } from '../types.ts';
import { OUTBOUND_PORT } from './pod-files.ts';
import { backendsOf, serviceSpec } from './services.ts';

/** Bookinfo's page gives up after this. */
const ASK_TIMEOUT_MS = 3000;

/** A pod that calls others by itself. */
export interface Caller {
  readonly store: Store;
  readonly address: string;
  readonly namespace: string;
}

/** Takes the calls of a pod without a sidecar: plain HTTP by the Host header, to each ready pod in turn. */
export async function startForwarder(caller: Caller): Promise<RunningProgram> {
  let turn = 0;
  const server = createServer((asked, response) => pass(caller, ++turn, { asked, response }));
  return listenAt(server, { host: caller.address, port: OUTBOUND_PORT });
}

interface Exchange {
  readonly asked: IncomingMessage;
  readonly response: ServerResponse;
}

function pass(caller: Caller, turn: number, { asked, response }: Exchange): void {
  const backends = resolve(caller, asked.headers.host ?? '');
  const backend = backends[turn % Math.max(1, backends.length)];
  // Without a name or a backend there is nobody to connect to.
  if (backend === undefined) {
    asked.socket.destroy();
    return;
  }
  const { method, url: path, headers } = asked;
  const onwards = request({ ...foundAt(backend), method, path, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onwards.on('error', () => asked.socket.destroy());
  response.on('close', () => onwards.destroy());
  asked.pipe(onwards);
}

/** `name`, `name.namespace`, the full name, a ClusterIP or a pod's address; port 80 if none is said. */
function resolve({ store, namespace }: Caller, authority: string): Place[] {
  const [host = '', given = '80'] = authority.split(':');
  const port = Number(given);
  if (isIP(host) !== 0) {
    const service = store.list('Service').find((each) => serviceSpec(each).clusterIP === host);
    return service === undefined ? [{ host, port }] : backendsOf(store, service, port);
  }
  const [name = '', where = namespace] = host.split('.');
  const service = store.get({ kind: 'Service', name, namespace: where });
  return service === undefined ? [] : backendsOf(store, service, port);
}

/** A Service's port at an address of its own: every connection goes to one pod and stays there. */
export async function startBalancer(
  at: { readonly address: string; readonly port: number; readonly moving: () => Promise<void> },
  backends: () => readonly Place[],
): Promise<RunningProgram> {
  let turn = 0;
  const server = createTcpServer({ pauseOnConnect: true }, (client) => {
    client.on('error', () => client.destroy());
    void at.moving().then(() => join(client, backends(), ++turn));
  });
  return listenAt(server, { host: at.address, port: at.port });
}

function join(client: Socket, backends: readonly Place[], turn: number): void {
  const backend = backends[turn % Math.max(1, backends.length)];
  if (backend === undefined) {
    client.resetAndDestroy();
    return;
  }
  const server = connect({ ...foundAt(backend), noDelay: true });
  client.setNoDelay(true);
  const abort = (): void => {
    client.destroy();
    server.destroy();
  };
  server.on('error', abort);
  client.on('close', abort);
  server.on('close', () => client.end());
  client.pipe(server);
  server.pipe(client);
  client.resume();
}

/** What came back, or why nothing did. */
export interface Got extends Answer {
  readonly error?: string;
}

/** GET. Never rejects. */
export function get(place: Place, path: string, options: RequestOptions): Promise<Got> {
  return new Promise((resolve) => {
    const nothing = ({ message }: Error): void => resolve({ status: 0, body: '', error: message });
    const call = request({ ...options, ...foundAt(place), path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', nothing);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', nothing);
    call.end();
  });
}

/** A call of a program of our own takes the way that curl's takes in its pod. */
export const askThroughProxy = (host: string, { authority, path, headers }: Question): Promise<Answer> =>
  get({ host, port: OUTBOUND_PORT }, path, {
    headers: { ...headers, host: authority },
    timeout: ASK_TIMEOUT_MS,
  });

/** A small Kubernetes API server over HTTPS. The door of this folder. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { stringify } from 'yaml';
import type { Kubelet, Resource, Store } from '../types.ts';
import { createServerCertificate } from '../certificates.ts';
import { collectGarbage } from './deletion.ts';
import { type Status, badRequest, noSuchResource, notFound, statusOf, tooLarge } from './errors.ts';
import { ExecServer, type Upgrade, containerOf } from './exec.ts';
import { decodeProtobuf } from './protobuf.ts';
import { type Parts, deedOf, route } from './router.ts';
import type { Webhooks } from './resources.ts';
import { Sockets } from './sockets.ts';
import { type Asked, readTarget } from './target.ts';
import { Users } from './users.ts';
import { History } from './watch.ts';

export { createStore } from './store.ts';

/** What a server serves. */
export interface ApiServerOptions {
  readonly store: Store;
  readonly kubelet: Kubelet;
  /** The administrator's bearer token. */
  readonly token: string;
  /** The cluster's name. */
  readonly name: string;
  readonly webhooks?: Webhooks;
}

/** A server that listens. */
export interface ApiServer {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** The authority that its certificate is of. */
  readonly caPem: string;
  /** A kubeconfig for the administrator, with the cluster's name as its context. */
  readonly kubeconfig: string;
  /** One for a service account, whose token is good for a day: what `istioctl create-remote-secret` makes. */
  kubeconfigOf(account: Resource): string;
  /** From now on nothing is answered and nothing closed, as by a process that is stopped. */
  freeze(): void;
  /** Harmless where nothing is frozen. */
  thaw(): void;
  /** Ends the connections that there are, watches and exec streams too; new ones are served. */
  cut(): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

const FIRST_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const DAY_SECONDS = 24 * 3600;
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Starts a server at a free port of 127.0.0.1 and makes the namespaces that every cluster has. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, kubelet, token, name, webhooks } = options;
  const certificate = await createServerCertificate(name);
  const users = new Users(store, token);
  const parts: Parts = { store, kubelet, users, webhooks, history: new History(store) };
  const controllers = [collectGarbage(store), users.fillTokenSecrets()];
  makeFirstNamespaces(store);
  const server = createServer({ cert: certificate.certificate, key: certificate.key });
  const sockets = new Sockets(server);
  const exec = new ExecServer(kubelet);
  server.on('request', (request, response) => {
    void sockets.moving().then(() => answer(parts, request, response));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    void sockets.moving().then(() => upgrade(parts, exec, { request, socket, head }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const kubeconfig = kubeconfigsFor(name, url, certificate.ca);
  return {
    url,
    caPem: certificate.ca,
    kubeconfig: kubeconfig(token),
    kubeconfigOf: (account) => kubeconfig(users.issueToken(account, DAY_SECONDS).token),
    freeze: () => sockets.freeze(),
    thaw: () => sockets.unfreeze(),
    cut: () => sockets.cut(),
    close: () => {
      for (const stop of controllers) stop();
      parts.history.stop();
      return new Promise((resolve) => {
        server.close(() => resolve());
        sockets.cut();
      });
    },
  };
}

function makeFirstNamespaces(store: Store): void {
  for (const name of FIRST_NAMESPACES) {
    store.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
}

/** Writes kubeconfigs, each for a bearer token. */
const kubeconfigsFor =
  (name: string, server: string, ca: string) =>
  (token: string): string => {
    const authority = Buffer.from(ca).toString('base64');
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server, 'certificate-authority-data': authority } }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    });
  };

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answered = route(parts, await readAsked(request), response);
    if (answered !== undefined) send(response, answered.code, answered.body);
  } catch (error) {
    const status = statusOf(error);
    if (response.headersSent) response.destroy();
    else send(response, status.code, status);
  }
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function askedOf(request: IncomingMessage, body: string): Asked {
  const url = new URL(request.url ?? '/', 'https://kubernetes');
  const { headers, method = 'GET' } = request;
  return { method, path: url.pathname, query: url.searchParams, headers, body };
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge('the request is larger than 3 MiB');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const isProtobuf = /protobuf/.test(request.headers['content-type'] ?? '') && body.length > 0;
  return askedOf(request, isProtobuf ? JSON.stringify(decodeProtobuf(body)) : body.toString('utf8'));
}

/** Every refusal comes before the upgrade, as a Status. */
function upgrade({ users, store }: Parts, exec: ExecServer, raw: Upgrade): void {
  try {
    const asked = askedOf(raw.request, '');
    const user = users.authenticate(asked.headers.authorization);
    const target = readTarget(asked.path);
    const { namespace = '', name = '', subresource, plural } = target ?? {};
    if (target === undefined || plural !== 'pods' || subresource !== 'exec') throw noSuchResource();
    // A right to exec is the right to create it, whatever the method of the upgrade.
    users.require(user, { ...deedOf(asked, target), verb: 'create' });
    const pod = store.get({ kind: 'Pod', namespace, name });
    if (pod === undefined) throw notFound(`pods "${name}" not found`);
    if (asked.query.get('tty') === 'true')
      throw badRequest('the embedded API server has no terminals; leave out -t');
    const container = containerOf(pod, asked.query.get('container'));
    exec.serve(raw, { namespace, pod: name, container, query: asked.query });
  } catch (error) {
    refuse(raw.socket, statusOf(error));
  }
}

function refuse(socket: Duplex, status: Status): void {
  const text = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${String(status.code)} Refused`,
    'Content-Type: application/json',
    `Content-Length: ${String(Buffer.byteLength(text))}`,
    'Connection: close',
  ];
  socket.end([...head, '', text].join('\r\n'));
}

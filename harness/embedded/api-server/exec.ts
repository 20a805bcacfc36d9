/** `pods/exec` over WebSocket: v5 and v4 of the channel protocol. */
import type { IncomingMessage } from 'node:http';
import { type Duplex, PassThrough } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Kubelet, Resource } from '../types.ts';
import { badRequest, statusOf } from './errors.ts';
import { asArray, asRecord, asString } from './json.ts';

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const [STDIN, STDOUT, STDERR, STATUS, CLOSE] = [0, 1, 2, 3, 255];

/** The container that is meant: the one asked for, or a pod's only one. Throws ApiError 400 where there is none such. */
export function containerOf(pod: Resource, wanted: string | null): string {
  const { spec } = pod;
  const namesIn = (field: string): string[] =>
    asArray(asRecord(spec)[field]).flatMap((container) => asString(asRecord(container)['name']) ?? []);
  const names = namesIn('containers');
  if ((wanted ?? '') === '' && names.length > 1) {
    const choice = `choose one of: [${names.join(' ')}]`;
    throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, ${choice}`);
  }
  const name = wanted || (names[0] ?? '');
  if ([...names, ...namesIn('initContainers')].includes(name)) return name;
  throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
}

/** What is to be run. */
export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly query: URLSearchParams;
}

/** An upgrade as the server was asked for it. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Takes upgrades whose request was found to be allowed. */
export class ExecServer {
  readonly #kubelet: Kubelet;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet;
  }

  serve({ request, socket: raw, head }: Upgrade, target: ExecTarget): void {
    this.#sockets.handleUpgrade(request, raw, head, (socket) => {
      socket.on('error', () => undefined);
      // As Kubernetes does: each channel is opened by an empty frame.
      for (const channel of [STDOUT, STDERR, STATUS]) socket.send(Buffer.from([channel]));
      void this.#run(socket, target);
    });
  }

  async #run(socket: WebSocket, { namespace, pod, container, query }: ExecTarget): Promise<void> {
    const gone = new AbortController();
    socket.on('close', () => gone.abort());
    const send = (channel: number, bytes: Uint8Array): void => {
      if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), bytes]));
    };
    const input = standardInput(socket);
    const status = await this.#kubelet
      .exec({
        namespace,
        pod,
        container,
        command: query.getAll('command'),
        stdin: /^(1|true)$/.test(query.get('stdin') ?? '') ? input : undefined,
        stdout: (chunk) => send(STDOUT, chunk),
        stderr: (chunk) => send(STDERR, chunk),
        signal: gone.signal,
      })
      .then(exitStatus, statusOf);
    send(STATUS, Buffer.from(JSON.stringify(status)));
    socket.close(1000);
  }
}

function exitStatus(code: number): unknown {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${String(code)}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

/** What arrives on channel 0, until it or the socket is closed. */
function standardInput(socket: WebSocket): AsyncIterable<Uint8Array> {
  const input = new PassThrough();
  socket.on('close', () => input.end());
  socket.on('message', (bytes: Buffer) => {
    if (bytes[0] === CLOSE && bytes[1] === STDIN) input.end();
    else if (bytes[0] === STDIN && input.writable) input.write(bytes.subarray(1));
  });
  return input;
}

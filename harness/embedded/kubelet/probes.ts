/** Readiness probes, asked for real. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { foundAt } from '../places.ts';
import type { Resource } from '../types.ts';
import { type Probe, portNumber } from './views.ts';

/** Where a probe knocks. */
export interface Probed {
  readonly pod: Resource;
  readonly address: string;
  /** Runs a command in the container and gives its exit code. */
  readonly run: (command: readonly string[]) => Promise<number>;
}

/** Asks once. Resolves to undefined for success, else to the reason. */
export async function ask(probe: Probe, { pod, address, run }: Probed): Promise<string | undefined> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec !== undefined) {
    const code = await run(probe.exec.command);
    return code === 0 ? undefined : `command exited ${String(code)}`;
  }
  const port = portNumber(pod, probe.httpGet?.port ?? probe.tcpSocket?.port);
  if (port === undefined) return 'the port of the probe is not a port of the pod';
  const where = { host: address, port, timeoutMs };
  return probe.httpGet === undefined ? askTcp(where) : askHttp(where, probe.httpGet.path ?? '/');
}

interface Where {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

function askHttp({ host, port, timeoutMs }: Where, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = { 'user-agent': 'kube-probe/1.34' };
    const call = request(
      { ...foundAt({ host, port }), path, timeout: timeoutMs, headers, agent: false },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        const good = statusCode >= 200 && statusCode < 400;
        resolve(good ? undefined : `HTTP probe failed with statuscode: ${String(statusCode)}`);
      },
    );
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', ({ message }) => resolve(`Get "http://${host}:${String(port)}${path}": ${message}`));
    call.end();
  });
}

function askTcp({ host, port, timeoutMs }: Where): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(foundAt({ host, port }));
    const end = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => end(`dial tcp ${host}:${String(port)}: i/o timeout`));
    socket.on('error', ({ message }) => end(message));
    socket.on('connect', () => end(undefined));
  });
}

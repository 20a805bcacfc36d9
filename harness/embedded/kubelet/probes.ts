/** Readiness probes, asked for real. */
import { connect } from 'node:net';
import { type Place, foundAt } from '../places.ts';
import type { Resource } from '../types.ts';
import { get } from './forward.ts';
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
  const place = { host: address, port };
  if (probe.httpGet === undefined) return askTcp(place, timeoutMs);
  const { path = '/' } = probe.httpGet;
  const options = { timeout: timeoutMs, headers: { 'user-agent': 'kube-probe/1.34' }, agent: false };
  const { status, error } = await get(place, path, options);
  if (error !== undefined) return `Get "http://${address}:${String(port)}${path}": ${error}`;
  return status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${String(status)}`;
}

function askTcp(place: Place, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(foundAt(place));
    const end = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => end(`dial tcp ${place.host}:${String(place.port)}: i/o timeout`));
    socket.on('error', ({ message }) => end(message));
    socket.on('connect', () => end(undefined));
  });
}

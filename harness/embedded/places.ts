/**
 * Where a world's addresses are on this machine. Linux gives every process all of 127.0.0.0/8: there each is itself. Other
 * systems have 127.0.0.1 alone: there each port of each address is a free port of 127.0.0.1, whose number is in a file that is
 * named after both, for the processes of pods too (programs/pod-shim.cjs, kubelet/dns.ts).
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { RunningProgram } from './types.ts';

/** Address and port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

const REAL = '127.0.0.1';
/** Nobody listens there: who calls is refused. */
const NOWHERE: Place = { host: REAL, port: 1 };

let directory: string | undefined;

/** Addresses of this process are ports of 127.0.0.1 from here on, in files of this directory; undefined: themselves again. */
export function usePorts(inDirectory: string | undefined): void {
  if (inDirectory !== undefined) mkdirSync(inDirectory, { recursive: true });
  directory = inDirectory;
}

/** Where those files are; undefined where addresses are themselves. */
export const portsDirectory = (): string | undefined => directory;

/** Does this machine give a process any address of 127.0.0.0/8? MESHPROOF_ONE_ADDRESS=1: as if it did not. */
export async function hasAddresses(): Promise<boolean> {
  if (process.env['MESHPROOF_ONE_ADDRESS'] === '1') return false;
  const server = createServer();
  try {
    server.listen(0, '127.16.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** The file of a place. */
export const fileOf = (inDirectory: string, { host, port }: Place): string =>
  join(inDirectory, `${host}-${String(port)}`);

/** Resolves when the server listens at a place of the world's, to what ends it and its connections; rejects where it cannot. */
export async function listenAt(server: Server, place: Place): Promise<RunningProgram> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await bind(server, place);
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

async function bind(server: Server, place: Place): Promise<void> {
  const isItself = directory === undefined || place.host === REAL;
  server.listen({ ...(isItself ? place : { host: REAL, port: 0 }), backlog: 1024 });
  await once(server, 'listening');
  if (directory === undefined || isItself) return;
  const file = fileOf(directory, place);
  const port = String((server.address() as AddressInfo).port);
  writeFileSync(file, `${port}\n`);
  server.once('close', () => {
    // Whoever listens there by now stays.
    if (portIn(file) === Number(port)) rmSync(file, { force: true });
  });
}

/** What to connect to for a place of the world's. */
export function foundAt(place: Place): Place {
  if (directory === undefined || place.host === REAL) return { host: place.host, port: place.port };
  const port = portIn(fileOf(directory, place));
  return port === undefined ? NOWHERE : { host: REAL, port };
}

function portIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined; // empty for a moment
  } catch {
    return undefined;
  }
}

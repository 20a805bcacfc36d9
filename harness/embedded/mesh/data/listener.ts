/** A TCP port whose connections are told by their first bytes: TLS, by server name, or plaintext. */
import { type Socket, createServer } from 'node:net';
import { listenAt, type Place } from '../../places.ts';
import type { RunningProgram } from '../../types.ts';
import { type FirstBytes, readFirstBytes } from './client-hello.ts';

export type Known = Exclude<FirstBytes, { kind: 'incomplete' }>;

const MAX_FIRST_BYTES = 17 * 1024;

/** Listens. Rejects where the address is taken. */
export const listen = (at: Place, accept: (socket: Socket) => void): Promise<RunningProgram> =>
  listenAt(
    createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => undefined);
      accept(socket);
    }),
    at,
  );

/** Calls `then` once with what the connection begins with; the bytes are given back to the socket, which is paused. */
export function peek(socket: Socket, then: (first: Known) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const look = (chunk: Buffer): void => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const first = readFirstBytes(seen);
    if (first.kind === 'incomplete') {
      if (seen.length > MAX_FIRST_BYTES) socket.destroy();
      return;
    }
    socket.removeListener('data', look);
    socket.pause();
    socket.unshift(seen);
    then(first);
  };
  socket.on('data', look);
}

/** The connections of a server: they can be cut, and they can be held, as by a process that is stopped. */
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Still } from '../still.ts';

/** All connections of one server. */
export class Sockets extends Still {
  readonly #open = new Set<Socket>();
  readonly #secure = new Set<TLSSocket>();

  constructor(server: Server) {
    super();
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
    });
    server.on('secureConnection', (socket) => {
      if (this.frozen) socket.cork();
      this.#secure.add(socket);
      socket.on('close', () => this.#secure.delete(socket));
    });
  }

  /** From now on nothing is answered and nothing is closed; what streams say is held back. */
  override freeze(): void {
    if (this.frozen) return;
    super.freeze();
    for (const socket of this.#secure) socket.cork();
  }

  /** What was held back goes out, and what was asked meanwhile is answered. */
  override unfreeze(): void {
    if (!this.frozen) return;
    super.unfreeze();
    for (const socket of this.#secure) socket.uncork();
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

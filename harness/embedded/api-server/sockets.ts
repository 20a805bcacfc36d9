/** The connections of a server: they can be cut, and they can be held, as by a process that is stopped. */
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** All connections of one server. */
export class Sockets {
  readonly #open = new Set<Socket>();
  readonly #secure = new Set<TLSSocket>();
  #release: (() => void) | undefined;
  #thawed = Promise.resolve();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
    });
    server.on('secureConnection', (socket) => {
      if (this.#release !== undefined) socket.cork();
      this.#secure.add(socket);
      socket.on('close', () => this.#secure.delete(socket));
    });
  }

  /** Resolves at once, or when the server is frozen no longer. */
  get thawed(): Promise<void> {
    return this.#thawed;
  }

  /** From now on nothing is answered and nothing is closed; what streams say is held back. */
  freeze(): void {
    if (this.#release !== undefined) return;
    this.#thawed = new Promise((resolve) => {
      this.#release = resolve;
    });
    for (const socket of this.#secure) socket.cork();
  }

  /** What was held back goes out, and what was asked meanwhile is answered. */
  thaw(): void {
    if (this.#release === undefined) return;
    this.#release();
    this.#release = undefined;
    for (const socket of this.#secure) socket.uncork();
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

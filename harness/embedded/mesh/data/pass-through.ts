/** An east-west gateway's port: TLS passed on unopened, to where its server name leads. Anything else is refused. */
import type { Socket } from 'node:net';
import type { PassThroughConfig } from '../config.ts';
import type { UpstreamCluster } from './cluster.ts';
import { dial } from './dial.ts';
import { peek } from './listener.ts';

/** What it needs of its proxy. */
export interface PassThroughOptions {
  readonly config: (port: number) => PassThroughConfig | undefined;
  readonly cluster: (name: string) => UpstreamCluster | undefined;
  readonly thawed: () => Promise<void> | undefined;
  /** How long connections outlive the removal of what let them in, in milliseconds. */
  readonly drainMs: number;
}

/** Connections that pass, and what let them in. */
export class PassThrough {
  readonly #options: PassThroughOptions;
  readonly #passing = new Map<string, Set<Socket>>();
  readonly #all = new Set<Socket>();
  readonly #draining = new Map<string, NodeJS.Timeout>();

  constructor(options: PassThroughOptions) {
    this.#options = options;
  }

  /** A new connection. */
  accept(socket: Socket, port: number): void {
    peek(socket, (first) => {
      void this.#lead(socket, port, first.kind === 'tls' ? first.serverName : undefined);
    });
  }

  async #lead(socket: Socket, port: number, serverName: string | undefined): Promise<void> {
    await this.#options.thawed();
    const target = this.#options.config(port)?.chains.get(serverName ?? '');
    const host = target === undefined ? undefined : this.#options.cluster(target)?.pick();
    if (serverName === undefined || host === undefined) {
      socket.destroy();
      return;
    }
    const { address, connectPort, reachable } = host.config;
    dial({ host: address, port: connectPort, timeoutMs: 10_000, reachable }, (_error, upstream) => {
      if (upstream !== undefined && !socket.destroyed) {
        this.#join(socket, upstream, serverName);
        return;
      }
      socket.destroy();
      upstream?.destroy();
    });
  }

  #join(socket: Socket, upstream: Socket, serverName: string): void {
    const passing = this.#passing.get(serverName) ?? new Set<Socket>();
    this.#passing.set(serverName, passing);
    passing.add(socket);
    this.#all.add(socket).add(upstream);
    const end = (): void => {
      passing.delete(socket);
      this.#all.delete(socket);
      this.#all.delete(upstream);
      socket.destroy();
      upstream.destroy();
    };
    for (const one of [socket, upstream]) one.on('error', end).once('close', end);
    socket.pipe(upstream);
    upstream.pipe(socket);
  }

  /** After a change of configuration: connections whose server name leads nowhere now end after the drain time. */
  drain(isOpen: (serverName: string) => boolean): void {
    for (const [serverName, sockets] of this.#passing) {
      const timer = this.#draining.get(serverName);
      if (isOpen(serverName)) {
        clearTimeout(timer);
        this.#draining.delete(serverName);
      } else if (timer === undefined && sockets.size > 0) {
        const started = setTimeout(() => {
          this.#draining.delete(serverName);
          for (const socket of [...sockets]) socket.destroy();
        }, this.#options.drainMs);
        started.unref();
        this.#draining.set(serverName, started);
      }
    }
  }

  /** Stops or goes on with passing bytes, as a frozen node does. */
  freeze(frozen: boolean): void {
    for (const socket of this.#all) {
      if (frozen) socket.pause();
      else socket.resume();
    }
  }

  close(): void {
    for (const timer of this.#draining.values()) clearTimeout(timer);
    for (const socket of [...this.#all]) socket.destroy();
  }
}

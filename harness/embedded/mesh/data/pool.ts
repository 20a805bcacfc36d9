/** Kept connections to one endpoint. Behind a gateway that passes TLS through, each stays with one pod. */
import { Agent, type AgentOptions } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type Dial, dial } from './dial.ts';

type OnCreate = (error: Error | null, socket: Duplex) => void;
/** What the types want beside an error. */
const NONE = new Duplex();

/** Node's own answer, which its types leave out: whether the socket can be kept. */
interface Keeper {
  keepSocketAlive(socket: Socket): unknown;
}

/** Node's agent, with connections made as a proxy makes them: handed over only when they are ready. */
export class Pool extends Agent {
  readonly #to: () => Dial;
  readonly #maxRequests: number;
  readonly #served = new WeakMap<Socket, number>();
  #retired = false;

  /** `to` is asked for every new connection; `maxRequests` per connection, 0 for no limit. */
  constructor(to: () => Dial, maxRequests = 0) {
    const options: AgentOptions = { keepAlive: true, scheduling: 'lifo', noDelay: true };
    super(options);
    this.#to = to;
    this.#maxRequests = maxRequests;
  }

  /** Answers later, by its callback alone. */
  override createConnection(_options: unknown, done?: OnCreate): null {
    dial(this.#to(), (error, socket) => done?.(error, socket ?? NONE));
    return null;
  }

  override keepSocketAlive(socket: Socket): boolean {
    const served = (this.#served.get(socket) ?? 0) + 1;
    this.#served.set(socket, served);
    if (this.#retired || (this.#maxRequests > 0 && served >= this.#maxRequests)) return false;
    return (Agent.prototype as Keeper).keepSocketAlive.call(this, socket) === true;
  }

  /** All to one endpoint. */
  override getName(): string {
    return '';
  }

  /** Closes what is idle now, and the rest as it becomes idle. */
  retire(): void {
    this.#retired = true;
    for (const sockets of Object.values(this.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }
}

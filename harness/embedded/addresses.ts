/**
 * Addresses of 127.0.0.0/8: a block of 65,000 for each cluster. Where addresses are themselves, no other world of this machine has
 * it; where they are ports (places.ts), no other cluster of this world.
 */
import { createServer, type Server } from 'node:net';
import { portsDirectory } from './places.ts';

/** A cluster's addresses. */
export interface Block {
  /** Of a pod or a load balancer; never the same twice. @throws Error when all are used up */
  nextAddress(): string;
  /** What all its addresses begin with. */
  readonly prefix: string;
  /** CIDR of what `nextAddress` gives. */
  readonly podSubnet: string;
  /** Outside of it. */
  readonly nodeAddress: string;
  /** Where the node is reached from outside, if that is not its address. */
  readonly externalAddress?: string;
  /** Is it one of the block's? */
  owns(address: string): boolean;
  /** Lets other worlds have the block. */
  release(): void;
}

/** Somebody listens here for as long as a block is taken. */
const TAKEN_PORT = 15999;
const FIRST = 16;
const BLOCKS = 224;
const HOSTS = 254;
/** The upper half is for the node. */
const LAST_OF_PODS = 127;

/** Blocks of this process, where addresses are ports of its own: those of other worlds are in nobody's way there. */
const takenHere = new Set<number>();

/** Takes a block that is free, beginning with a random one. */
export async function takeBlock(): Promise<Block> {
  const start = Math.floor(Math.random() * BLOCKS);
  for (let step = 0; step < BLOCKS; step += 1) {
    const second = FIRST + ((start + step) % BLOCKS);
    if (portsDirectory() !== undefined) {
      if (takenHere.has(second)) continue;
      takenHere.add(second);
      return block(second);
    }
    const guard = await occupy(`127.${String(second)}.0.1`);
    if (guard !== undefined) return block(second, guard);
  }
  throw new Error('all addresses of 127.0.0.0/8 are taken by embedded worlds; end some: npx meshproof clean');
}

function occupy(host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen({ host, port: TAKEN_PORT, exclusive: true }, () => {
      resolve(server);
    });
    server.unref();
  });
}

function block(second: number, guard?: Server): Block {
  let count = 0;
  const prefix = `127.${String(second)}.`;
  return {
    prefix,
    nextAddress: () => {
      count += 1;
      const third = 1 + Math.floor((count - 1) / HOSTS);
      if (third > LAST_OF_PODS) throw new Error(`the embedded world used up the addresses ${prefix}0.0/17`);
      return `${prefix}${String(third)}.${String(1 + ((count - 1) % HOSTS))}`;
    },
    podSubnet: `${prefix}0.0/17`,
    nodeAddress: `${prefix}128.1`,
    ...(guard === undefined ? { externalAddress: '127.0.0.1' } : {}),
    owns: (address) => address.startsWith(prefix),
    release: () => {
      guard?.close();
      takenHere.delete(second);
    },
  };
}

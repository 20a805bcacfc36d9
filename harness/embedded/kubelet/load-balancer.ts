/**
 * LoadBalancer Services: each gets an address that stays its own and, at the node, a port for each of its ports. Both lead to
 * whichever of its pods are ready.
 */
import { randomInt } from 'node:crypto';
import { refOf } from '../api-server/store.ts';
import type { Resource, ResourceRef, RunningProgram, Store } from '../types.ts';
import { tellEvent } from './events.ts';
import { startBalancer } from './forward.ts';
import { openAddressOf, type NodePlace } from './nodes.ts';
import type { Controller } from './reconciler.ts';
import { backendsOf, type ServicePort, serviceSpec } from './services.ts';
import type { Still } from '../still.ts';

/** What the controller needs. */
export interface BalancerWorld {
  readonly store: Store;
  readonly addresses: { nextAddress(): string } & NodePlace;
  readonly still: Still;
}

interface Balanced {
  readonly address: string;
  /** By the Service's port: what listens for it. */
  readonly listeners: Map<number, readonly Promise<RunningProgram>[]>;
  /** By the Service's port: the node's, once it is open. */
  readonly nodePorts: Map<number, number>;
}

/** The first node port that Kubernetes gives, and the first after its last. */
const NODE_PORTS = [30_000, 32_768] as const;

/** The controller, and what ends all of its listeners. */
export function loadBalancers(world: BalancerWorld): Controller & { close(): Promise<void> } {
  const balanced = new Map<string, Balanced>();
  const stop = async (uid: string): Promise<void> => {
    const listeners = [...(balanced.get(uid)?.listeners.values() ?? [])].flat();
    balanced.delete(uid);
    await Promise.all(
      listeners.map((listener) => listener.then((running) => running.stop()).catch(() => undefined)),
    );
  };
  const find = ({ metadata: { uid = '' } }: Resource): Balanced => {
    const address = balanced.get(uid)?.address ?? world.addresses.nextAddress();
    const own = balanced.get(uid) ?? { address, listeners: new Map(), nodePorts: new Map() };
    balanced.set(uid, own);
    return own;
  };
  return {
    concerns: ({ type, object }) => {
      if (object.kind !== 'Service') return [];
      if (type === 'DELETED') void stop(object.metadata.uid ?? '');
      return [refOf(object)];
    },
    reconcile: (service) => {
      if (serviceSpec(service).type !== 'LoadBalancer' || isServedElsewhere(service, balanced)) return;
      const own = find(service);
      for (const { port } of portsOf(service))
        if (!own.listeners.has(port)) own.listeners.set(port, listeners(world, service, { port, own }));
      publish(world, refOf(service), own);
    },
    close: async () => {
      await Promise.all([...balanced.keys()].map(stop));
    },
  };
}

const portsOf = (service: Resource): readonly ServicePort[] => serviceSpec(service).ports ?? [];

/** Somebody else has given it an address. */
function isServedElsewhere({ metadata, status }: Resource, balanced: ReadonlyMap<string, Balanced>): boolean {
  const ingress =
    (status as { loadBalancer?: { ingress?: unknown[] } } | undefined)?.loadBalancer?.ingress ?? [];
  return ingress.length > 0 && !balanced.has(metadata.uid ?? '');
}

/** At the Service's address, and at a port of the node that is free. */
function listeners(
  world: BalancerWorld,
  service: Resource,
  { port, own }: { readonly port: number; readonly own: Balanced },
): readonly Promise<RunningProgram>[] {
  const { store, still } = world;
  const ref = refOf(service);
  const backends = (): { host: string; port: number }[] => {
    const now = store.get(ref);
    return now === undefined ? [] : backendsOf(store, now, port);
  };
  const open = (place: { address: string; port: number }): Promise<RunningProgram> =>
    startBalancer({ ...place, moving: () => still.moving() }, backends);
  const openAtNode = async (): Promise<RunningProgram> => {
    const nodePort = randomInt(...NODE_PORTS);
    try {
      const running = await open({ address: openAddressOf(world.addresses), port: nodePort });
      own.nodePorts.set(port, nodePort);
      if (store.get(ref)?.metadata.uid === service.metadata.uid) publish(world, ref, own);
      return running;
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      return openAtNode();
    }
  };
  const opened = [open({ address: own.address, port }), openAtNode()];
  for (const listener of opened)
    listener.catch((error: unknown) => {
      // A port below 1024 needs a right that not every user has: the node's port serves, too.
      if (codeOf(error) === 'EACCES') return;
      const message = `Error syncing load balancer: ${error instanceof Error ? error.message : 'cannot listen'}`;
      const component = 'service-controller';
      tellEvent(store, service, { type: 'Warning', reason: 'SyncLoadBalancerFailed', message, component });
    });
  return opened;
}

function publish({ store }: BalancerWorld, ref: ResourceRef, { address, nodePorts }: Balanced): void {
  store.update(ref, (copy) => ({
    ...copy,
    spec: {
      ...serviceSpec(copy),
      ports: portsOf(copy).map((each) => {
        const nodePort = nodePorts.get(each.port);
        return nodePort === undefined ? each : { ...each, nodePort };
      }),
    },
    status: { loadBalancer: { ingress: [{ ip: address }] } },
  }));
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

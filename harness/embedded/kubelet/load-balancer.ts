/** LoadBalancer Services: each gets an address that stays its own, and leads to whichever of its pods are ready. */
import type { Resource, RunningProgram, Store } from '../types.ts';
import { tellEvent } from './events.ts';
import { startBalancer } from './forward.ts';
import { type Controller, refOf } from './reconciler.ts';
import { backendsOf, serviceSpec } from './services.ts';
import type { Still } from './still.ts';

/** What the controller needs. */
export interface BalancerWorld {
  readonly store: Store;
  readonly addresses: { nextAddress(): string };
  readonly still: Still;
}

interface Balanced {
  readonly address: string;
  readonly listeners: Map<number, Promise<RunningProgram>>;
}

/** The controller, and what ends all of its listeners. */
export function loadBalancers(world: BalancerWorld): Controller & { close(): Promise<void> } {
  const balanced = new Map<string, Balanced>();
  const stop = async (uid: string): Promise<void> => {
    const listeners = [...(balanced.get(uid)?.listeners.values() ?? [])];
    balanced.delete(uid);
    await Promise.all(
      listeners.map((listener) => listener.then((running) => running.stop()).catch(() => undefined)),
    );
  };
  return {
    concerns: ({ type, object }) => {
      if (object.kind !== 'Service') return [];
      if (type === 'DELETED') void stop(object.metadata.uid ?? '');
      return [refOf(object)];
    },
    reconcile: (ref) => {
      const service = world.store.get(ref);
      if (
        service === undefined ||
        serviceSpec(service).type !== 'LoadBalancer' ||
        isServedElsewhere(service, balanced)
      )
        return;
      const { uid = '' } = service.metadata;
      const own = balanced.get(uid) ?? { address: world.addresses.nextAddress(), listeners: new Map() };
      balanced.set(uid, own);
      listenAtAll(world, service, own);
      world.store.update(ref, (copy) => ({
        ...copy,
        status: { loadBalancer: { ingress: [{ ip: own.address }] } },
      }));
    },
    close: async () => {
      await Promise.all([...balanced.keys()].map(stop));
    },
  };
}

/** Somebody else has given it an address. */
function isServedElsewhere({ metadata, status }: Resource, balanced: ReadonlyMap<string, Balanced>): boolean {
  const ingress =
    (status as { loadBalancer?: { ingress?: unknown[] } } | undefined)?.loadBalancer?.ingress ?? [];
  return ingress.length > 0 && !balanced.has(metadata.uid ?? '');
}

function listenAtAll(
  { store, still }: BalancerWorld,
  service: Resource,
  { address, listeners }: Balanced,
): void {
  const ref = refOf(service);
  for (const { port } of serviceSpec(service).ports ?? []) {
    if (listeners.has(port)) continue;
    const backends = (): { host: string; port: number }[] => {
      const now = store.get(ref);
      return now === undefined ? [] : backendsOf(store, now, port);
    };
    const listener = startBalancer({ address, port, moving: () => still.moving() }, backends);
    listener.catch((error: unknown) => tellOfFailure(store, service, error));
    listeners.set(port, listener);
  }
}

/** A port below 1024 needs a right that not every user has. */
function tellOfFailure(store: Store, service: Resource, error: unknown): void {
  const message = `Error syncing load balancer: ${error instanceof Error ? error.message : 'cannot listen'}`;
  tellEvent(store, service, {
    type: 'Warning',
    reason: 'SyncLoadBalancerFailed',
    message,
    component: 'service-controller',
  });
}

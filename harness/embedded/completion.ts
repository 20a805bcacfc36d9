/** What a world waits for on its way up: the mesh, as its installers wait for it. */
import { sleep } from '../wait/wait.ts';
import { firstRevision, istiodOf, SYSTEM } from './install.ts';
import { controlPlaneAddresses, isTakenCharge } from './install-remote.ts';
import type { ClusterSpec, Store } from './types.ts';

const LOOK_MS = 20;
const COMPLETE_MS = 60_000;
const JOINED_MS = 10_000;

/** The address of a primary's control plane, once its load balancer has one. */
export async function addressOf(primary: string, store: Store | undefined): Promise<string> {
  const deadline = Date.now() + COMPLETE_MS;
  for (;;) {
    const [address] = store === undefined ? [] : controlPlaneAddresses(store);
    if (address !== undefined) return address;
    if (Date.now() > deadline) throw new Error(`the control plane of ${primary} has no address for others`);
    await sleep(LOOK_MS);
  }
}

/** Resolves when all pods of the mesh are ready. */
export async function complete(
  { spec, store }: { readonly spec: ClusterSpec; readonly store: Store },
  needsGateway: boolean,
): Promise<void> {
  const wanted = [istiodOf(firstRevision(spec)), ...(needsGateway ? ['istio-eastwestgateway'] : [])];
  const deadline = Date.now() + COMPLETE_MS;
  for (;;) {
    const missing = wanted.filter((name) => !isAvailable(store, name));
    if (missing.length === 0) return;
    if (Date.now() > deadline) throw new Error(`not ready after 60 s: ${missing.join(', ')} in ${SYSTEM}`);
    await sleep(LOOK_MS);
  }
}

/** Resolves when a control plane elsewhere has taken charge of a remote cluster, or after a while, as when nobody comes. */
export async function joined(store: Store, needsGateway: boolean): Promise<void> {
  const deadline = Date.now() + JOINED_MS;
  const isDone = (): boolean =>
    isTakenCharge(store) && (!needsGateway || isAvailable(store, 'istio-eastwestgateway'));
  while (!isDone() && Date.now() < deadline) await sleep(LOOK_MS);
}

function isAvailable(store: Store, name: string): boolean {
  const found = store.get({ kind: 'Deployment', name, namespace: SYSTEM });
  const { availableReplicas = 0 } = (found?.['status'] ?? {}) as { availableReplicas?: number };
  return availableReplicas > 0;
}

/** What a world waits for on its way up: the mesh, as its installers wait for it. */
import { poll, WaitTimeout } from '../wait/wait.ts';
import { firstRevision, SYSTEM } from './install.ts';
import { controlPlaneAddresses, isTakenCharge } from './install-remote.ts';
import { istiodOf } from './mesh/index.ts';
import type { ClusterSpec, Store } from './types.ts';

const intervalMs = 20;
const COMPLETE_MS = 60_000;
const JOINED_MS = 10_000;

/** The address of a primary's control plane, once its load balancer has one. */
export const addressOf = (primary: string, store: Store | undefined): Promise<string> =>
  poll({ what: `an address of the control plane of ${primary}`, timeoutMs: COMPLETE_MS, intervalMs }, () =>
    Promise.resolve(store === undefined ? undefined : controlPlaneAddresses(store)[0]),
  );

/** Resolves when all pods of the mesh are ready. */
export async function complete(
  { spec, store }: { readonly spec: ClusterSpec; readonly store: Store },
  needsGateway: boolean,
): Promise<void> {
  const wanted = [istiodOf(firstRevision(spec)), ...(needsGateway ? ['istio-eastwestgateway'] : [])];
  await poll({ what: `${SYSTEM} of ${spec.name}`, timeoutMs: COMPLETE_MS, intervalMs }, (saw) => {
    const missing = wanted.filter((name) => !isAvailable(store, name));
    saw(`not ready: ${missing.join(', ')}`);
    return Promise.resolve(missing.length === 0 || undefined);
  });
}

/** Resolves when a control plane elsewhere has taken charge of a remote cluster, or after a while, as when nobody comes. */
export async function joined(store: Store, needsGateway: boolean): Promise<void> {
  await poll({ what: 'a control plane to take charge', timeoutMs: JOINED_MS, intervalMs }, () => {
    const hasGateway = !needsGateway || isAvailable(store, 'istio-eastwestgateway');
    return Promise.resolve((isTakenCharge(store) && hasGateway) || undefined);
  }).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
  });
}

function isAvailable(store: Store, name: string): boolean {
  const status = store.get({ kind: 'Deployment', name, namespace: SYSTEM })?.['status'];
  return ((status as { availableReplicas?: number } | undefined)?.availableReplicas ?? 0) > 0;
}

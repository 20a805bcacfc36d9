import { parseDocument } from 'yaml';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { Member } from '../types.ts';
import { poll } from '../../wait/wait.ts';
import { createRemoteSecret, type Istioctl } from './istioctl.ts';
import { PATIENCE_MS, SYSTEM_NAMESPACE } from './settings.ts';
import { waitFor } from './wait-for.ts';

/** One call of istioctl may take so long on a busy machine, in milliseconds; one that is given up is ended. */
const CREATE_MS = 60_000;

/** Gives control planes the Secret of a cluster, as soon as there is an account to make it for. */
export async function introduce(
  member: Member,
  controlPlanes: readonly Promise<Member>[],
  istioctl: Istioctl,
): Promise<void> {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    namespace: SYSTEM_NAMESPACE,
    name: 'istio-reader-service-account',
  };
  await waitFor(`ServiceAccount ${account.name} in ${member.topology.name}`, istioctl.signal, () =>
    member.client.get(account),
  );
  // istioctl reads the account's token once, and on a busy machine too early: no "ca.crt" data found.
  const text = await poll(
    {
      what: `a token of ServiceAccount ${account.name} in ${member.topology.name}`,
      ...{ timeoutMs: PATIENCE_MS, intervalMs: 500, attemptTimeoutMs: CREATE_MS },
      ...{ signal: istioctl.signal, isTransient: () => true },
    },
    (_saw, signal) => createRemoteSecret({ ...istioctl, signal }, member),
  );
  const secret = parseDocument(text).toJS() as KubernetesObject;
  await Promise.all(controlPlanes.map(async (controlPlane) => (await controlPlane).client.apply(secret)));
}

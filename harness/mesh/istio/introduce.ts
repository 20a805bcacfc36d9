import { parseDocument } from 'yaml';
import type { KubernetesObject } from '../../cluster/types.ts';
import type { Member } from '../types.ts';
import { createRemoteSecret, type Istioctl } from './istioctl.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';
import { waitFor } from './wait-for.ts';

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
  const text = await waitFor(
    `a token of ServiceAccount ${account.name} in ${member.topology.name}`,
    istioctl.signal,
    () => createRemoteSecret(istioctl, member),
  );
  const secret = parseDocument(text).toJS() as KubernetesObject;
  await Promise.all(controlPlanes.map(async (controlPlane) => (await controlPlane).client.apply(secret)));
}

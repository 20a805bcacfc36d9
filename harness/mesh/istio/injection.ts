import type { KubernetesObject } from '../../cluster/types.ts';
import type { Member } from '../types.ts';
import { SYSTEM_NAMESPACE } from './settings.ts';
import { waitFor } from './wait-for.ts';
import { injectorsIn, isOfDefaultTag, type Injector } from './webhooks.ts';

interface WithReplicas extends KubernetesObject {
  readonly status?: { readonly availableReplicas?: number };
}

/**
 * istioctl hands injection by `istio-injection` over to the webhooks of the tag `default`, which it makes last. A pod that is
 * created after the revision's own stopped, and before these are there, gets no proxy and no error.
 */
const isHandedOver = (injectors: readonly Injector[], revision: string | undefined): boolean =>
  revision !== undefined || injectors.some(isOfDefaultTag);

/** Waits until new pods of a cluster get a proxy from this control plane, and the certificate to trust it by. */
export async function waitForInjection(
  member: Member,
  controlPlane: Member,
  signal: AbortSignal,
): Promise<void> {
  const { client } = member;
  const what = `istiod of ${controlPlane.client.name} to inject proxies in ${client.name}`;
  await waitFor(what, signal, async (saw) => {
    const [injectors, [istiod], root] = await Promise.all([
      injectorsIn(client),
      controlPlane.client.list<WithReplicas>({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace: SYSTEM_NAMESPACE,
        labelSelector: 'app=istiod',
      }),
      client.get({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: SYSTEM_NAMESPACE,
        name: 'istio-ca-root-cert',
      }),
    ]);
    const hooks = injectors.flatMap(({ webhooks = [] }) => webhooks);
    const bundle = hooks.length > 0 && hooks.every((hook) => (hook.clientConfig?.caBundle ?? '') !== '');
    const handedOver = isHandedOver(injectors, controlPlane.topology.revision);
    const available = istiod?.status?.availableReplicas ?? 0;
    saw(
      `${String(available)} istiod available, the webhook ${bundle ? 'has' : 'lacks'} its certificate` +
        `${handedOver ? '' : ', injection by istio-injection is not set up'}, the root certificate is ${root === undefined ? 'missing' : 'there'}`,
    );
    return bundle && handedOver && available > 0 && root !== undefined ? true : undefined;
  });
}

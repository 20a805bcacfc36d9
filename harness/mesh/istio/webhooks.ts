import type { Cluster } from '../../cluster/cluster.ts';
import { ApiError } from '../../cluster/errors.ts';
import type { KubernetesObject } from '../../cluster/types.ts';
import { isLoopback } from '../loopback.ts';

/** Whom the API server asks. */
export interface ClientConfig {
  readonly url?: string;
  readonly service?: { readonly name: string; readonly namespace: string; readonly path?: string };
  readonly caBundle?: string;
}

/** Which pods an API server has proxies put into, and by whom. */
export interface Injector extends KubernetesObject {
  readonly webhooks?: readonly { readonly clientConfig?: ClientConfig }[];
}

/** What has proxies put into the pods of a cluster. */
export const injectorsIn = <T extends KubernetesObject = Injector>(cluster: Cluster): Promise<T[]> =>
  cluster.list<T>({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    labelSelector: 'app=sidecar-injector',
  });

/** The same; none where they may not be looked at: only what needs them is not judged then. */
export const visibleInjectorsIn = (cluster: Cluster): Promise<Injector[]> =>
  injectorsIn(cluster).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403) return [];
    throw error;
  });

interface Webhooks extends KubernetesObject {
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig?: ClientConfig }[];
}

/** A webhook, and whether it is a part of Istio: by its name, or by the label that its injectors have. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: ClientConfig;
  readonly isOfIstio: boolean;
}

/** All webhooks of a cluster. */
export async function webhooksIn(cluster: Cluster): Promise<Webhook[]> {
  const kinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
  const lists = await Promise.all(
    kinds.map((kind) => cluster.list<Webhooks>({ apiVersion: 'admissionregistration.k8s.io/v1', kind })),
  );
  return lists.flat().flatMap(({ metadata, webhooks = [] }) =>
    webhooks.map(({ name, clientConfig = {} }) => ({
      name,
      clientConfig,
      isOfIstio: name.endsWith('.istio.io') || metadata.labels?.['app'] === 'sidecar-injector',
    })),
  );
}

/** Made by istioctl for the revision that namespaces with `istio-injection` get their proxies from. */
export const isOfDefaultTag = ({ metadata }: Injector): boolean =>
  metadata.labels?.['istio.io/tag'] === 'default';

interface Service extends KubernetesObject {
  readonly spec?: { readonly type?: string; readonly selector?: Readonly<Record<string, string>> };
}

/**
 * Where a webhook leads that does not lead to pods of its own cluster, in words; undefined if it does. A Service without a
 * selector leads to addresses that somebody wrote down, as that of Istio's profile `remote` does. A URL of the API server's
 * own machine is inside: managed clusters have such webhooks.
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors
 */
export async function leadsOutside(
  cluster: Cluster,
  { url, service }: ClientConfig,
): Promise<string | undefined> {
  if (url !== undefined && isLoopback(url)) return undefined;
  if (service === undefined) return url ?? 'nowhere';
  const { name, namespace } = service;
  const found = await cluster.get<Service>({ apiVersion: 'v1', kind: 'Service', name, namespace });
  const where = `Service ${name}.${namespace}`;
  if (found === undefined) return `${where}, which is not there`;
  if (found.spec?.type === 'ExternalName') return `${where}, a name outside (ExternalName)`;
  const selects = Object.keys(found.spec?.selector ?? {}).length > 0;
  return selects ? undefined : `${where}, which selects no pods`;
}

import type { Cluster } from '../../cluster/cluster.ts';
import type { KubernetesObject } from '../../cluster/types.ts';

/** Whom the API server asks. */
export interface ClientConfig {
  readonly url?: string;
  readonly service?: { readonly name: string; readonly namespace: string };
}

interface Service extends KubernetesObject {
  readonly spec?: { readonly type?: string; readonly selector?: Readonly<Record<string, string>> };
}

/**
 * Where a webhook leads that does not lead to pods of its own cluster, in words; undefined if it does. A Service without a
 * selector leads to addresses that somebody wrote down, as that of Istio's profile `remote` does.
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors
 */
export async function leadsOutside(
  cluster: Cluster,
  { url, service }: ClientConfig,
): Promise<string | undefined> {
  if (service === undefined) return url ?? 'nowhere';
  const { name, namespace } = service;
  const found = await cluster.get<Service>({ apiVersion: 'v1', kind: 'Service', name, namespace });
  const where = `Service ${name}.${namespace}`;
  if (found === undefined) return `${where}, which is not there`;
  if (found.spec?.type === 'ExternalName') return `${where}, a name outside (ExternalName)`;
  const selects = Object.keys(found.spec?.selector ?? {}).length > 0;
  return selects ? undefined : `${where}, which selects no pods`;
}

import type { Cluster } from '../cluster/cluster.ts';
import { isServing } from '../cluster/pods.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import type { EastWestGateway } from '../mesh/types.ts';

interface Service extends KubernetesObject {
  readonly spec?: { readonly selector?: Readonly<Record<string, string>> };
}

/**
 * Pods of a cluster's east-west gateway that serve: those that its Service selects. The label of the network does not tell
 * them: where an injector is told the network, it puts that label on every pod that it injects.
 *
 * @throws Error if there is no such Service
 */
export async function gatewayPods(client: Cluster, gateway: EastWestGateway): Promise<KubernetesObject[]> {
  const { namespace, service: name } = gateway;
  const found = await client.get<Service>({ apiVersion: 'v1', kind: 'Service', namespace, name });
  if (found === undefined) throw new Error(`${client.name} has no Service ${namespace}/${name}`);
  const selector = Object.entries(found.spec?.selector ?? {});
  // Without a selector somebody else says where calls go; nothing selected is not everything.
  if (selector.length === 0) return [];
  const labelSelector = selector.map(([key, value]) => `${key}=${value}`).join(',');
  const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
  return pods.filter(isServing);
}

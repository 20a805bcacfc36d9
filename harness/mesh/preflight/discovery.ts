import type { Cluster } from '../../cluster/cluster.ts';
import type { MeshInCluster } from '../types.ts';
import { remoteAccessHeld } from './remote-secrets.ts';

/** What remote secrets tell: control planes read other clusters of the run, they read none of them, or it cannot be seen. */
export type Discovery = 'discovering' | 'replicated' | 'hidden';

/** Do the control planes of a mesh that is there know of the other clusters? One secret is enough: others may be missing. */
export async function discoveryOf(
  clients: readonly Cluster[],
  meshes: readonly MeshInCluster[],
): Promise<Discovery> {
  const ids = meshes.map(({ clusterId }) => clusterId);
  const holds = await Promise.all(
    clients.map(async (client) => {
      const mesh = meshes.find(({ cluster }) => cluster === client.name);
      // A control plane that is hosted elsewhere keeps its secrets there.
      if (mesh === undefined || mesh.controlPlanes.length === 0) return undefined;
      const held = await remoteAccessHeld(client).catch(() => undefined);
      return held?.some(({ clusterId }) => clusterId !== mesh.clusterId && ids.includes(clusterId));
    }),
  );
  if (holds.includes(true)) return 'discovering';
  return holds.includes(undefined) ? 'hidden' : 'replicated';
}

/**
 * Why clusters that are there are not what `gateways` or `replicated` wants of a suite that has both, which differ in
 * nothing else; undefined when they are. Who names `gateways` has it judged without remote secrets too: then it is broken.
 */
export function whyOtherDiscovery(
  variant: string,
  found: Discovery,
  { named }: { readonly named: boolean },
): string | undefined {
  const anyway = `--variant ${variant} judges it all the same`;
  if (found === 'hidden')
    return named
      ? undefined
      : `whether control planes know of the other clusters cannot be seen by remote secrets; ${anyway}`;
  if (variant === 'replicated')
    return found === 'discovering'
      ? 'a control plane holds a remote secret of another cluster: the clusters are in the variant gateways'
      : undefined;
  return found === 'replicated' && !named
    ? `no control plane holds a remote secret of another cluster: the clusters are in the variant replicated; ${anyway}`
    : undefined;
}

import type { Cluster } from '../cluster/cluster.ts';
import { removeNamespaces, runNamespaces } from '../provider/kubeconfig/namespaces.ts';
import { reasonOf } from '../provider/kubeconfig/reason.ts';

/**
 * Removes the namespaces that a run made in clusters which its next suite is going to use, and waits until they are gone:
 * what the suite before configured lies in them, and its scenarios only asked for their deletion.
 *
 * @param of.stays namespaces of the next suite, which may have been made ahead
 * @returns what is left, each with the reason
 */
export async function clearForNextSuite(
  clusters: readonly Cluster[],
  of: { readonly runId: string; readonly stays: ReadonlySet<string> },
): Promise<string[]> {
  const left = await Promise.all(
    clusters.map(async (cluster) => {
      try {
        const found = await runNamespaces(cluster, of.runId);
        const names = found.map(({ name }) => name).filter((name) => !of.stays.has(name));
        return await removeNamespaces(cluster, names);
      } catch (error) {
        return [`namespaces of the suite before in ${cluster.name}: ${reasonOf(error)}`];
      }
    }),
  );
  return left.flat();
}

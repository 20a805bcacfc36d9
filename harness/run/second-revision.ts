import { ApiError } from '../cluster/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { which } from '../command/which.ts';
import type { Provider } from '../provider/types.ts';

const DEFAULT_TAG = 'istio.io/tag';

/**
 * Why no second revision of the control plane can be installed beside the first; undefined where one can. Where istioctl
 * finds no default tag, as in a mesh that it did not install itself, it makes the revision that it is told to install the
 * default of all namespaces, and does not take that back.
 * @see https://istio.io/latest/docs/setup/upgrade/canary/#default-tag
 */
export async function whyNoSecondRevision(
  provider: Pick<Provider, 'revisions' | 'ownsClusters' | 'meshIsThere'>,
  clusters: readonly Cluster[],
  istioctl: string,
): Promise<string | undefined> {
  if (provider.revisions !== undefined) return undefined;
  if ((await which(istioctl)) === undefined) return 'there is no istioctl to install a second revision with';
  if (provider.ownsClusters || !provider.meshIsThere) return undefined;
  const found = await Promise.all(
    clusters.map(async (cluster) => ({ name: cluster.name, hasTag: await hasDefaultTag(cluster) })),
  );
  const without = found.filter(({ hasTag }) => !hasTag).map(({ name }) => name);
  return without.length === 0
    ? undefined
    : `istioctl would make the second revision the default of ${without.join(', ')}: no webhook configuration is seen there ` +
        `that is labelled ${DEFAULT_TAG}=default, as istioctl labels those of a mesh that it installed`;
}

/** Who may not look has not seen one. */
async function hasDefaultTag(cluster: Cluster): Promise<boolean> {
  const injectors = await cluster
    .list({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      labelSelector: 'app=sidecar-injector',
    })
    .catch((error: unknown): KubernetesObject[] => {
      if (error instanceof ApiError && error.status === 403) return [];
      throw error;
    });
  return injectors.some(({ metadata }) => metadata.labels?.[DEFAULT_TAG] === 'default');
}

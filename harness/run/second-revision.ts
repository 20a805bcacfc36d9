import type { Cluster } from '../cluster/cluster.ts';
import { which } from '../command/which.ts';
import { isOfDefaultTag, visibleInjectorsIn } from '../mesh/istio/webhooks.ts';
import { SYSTEM_NAMESPACE } from '../mesh/istio/settings.ts';
import { missingRights } from '../provider/kubeconfig/check-rights.ts';
import type { Right } from '../provider/kubeconfig/rights.ts';
import type { Provider } from '../provider/types.ts';

const right = { need: 'some', purpose: 'install a second revision', verbs: ['create'] } as const;

/** What istioctl makes for a revision that not every account may make. */
const MADE: readonly Right[] = [
  { ...right, group: 'rbac.authorization.k8s.io', resources: ['clusterroles', 'clusterrolebindings'] },
  { ...right, group: 'admissionregistration.k8s.io', resources: ['mutatingwebhookconfigurations'] },
  { ...right, group: 'apps', resources: ['deployments'], namespace: SYSTEM_NAMESPACE },
];

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
    clusters.map(async (cluster) => ({
      name: cluster.name,
      // Who may not look has not seen one.
      hasTag: (await visibleInjectorsIn(cluster)).some(isOfDefaultTag),
    })),
  );
  const without = found.filter(({ hasTag }) => !hasTag).map(({ name }) => name);
  if (without.length > 0) {
    return (
      `istioctl would make the second revision the default of ${without.join(', ')}: no webhook configuration is seen there ` +
      `that is labelled istio.io/tag=default, as istioctl labels those of a mesh that it installed`
    );
  }
  const refused = (await Promise.all(clusters.map(refusedIn))).flat();
  return refused.length === 0 ? undefined : `a second revision may not be installed: ${refused.join('; ')}`;
}

async function refusedIn(cluster: Cluster): Promise<string[]> {
  const missing = (await missingRights(cluster, MADE)).map(
    ({ resources, group }) => `${resources.join()}.${group}`,
  );
  return missing.length === 0 ? [] : [`${cluster.name} lets this account not create ${missing.join(', ')}`];
}

import { isUnscheduled } from '../cluster/pods.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { PROXY, statusOfProxy, type PodWithProxy } from '../mesh/istio/injected.ts';
import { WaitTimeout } from '../wait/wait.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/**
 * Deploys, and where the mesh lets no pod in, or gives one a proxy that does not get ready, refutes the check that is about
 * that before it gives up: a mesh that never comes to be is no trouble of ours.
 *
 * @throws WaitTimeout in any case in which something does not get ready
 */
export async function deployAdmitted(
  { recorder, namespace }: Scene,
  cluster: ScenarioCluster,
  { apps, check }: { readonly apps: readonly string[]; readonly check: string | undefined },
): Promise<void> {
  const startedAt = Date.now();
  try {
    await cluster.deploy(...apps);
  } catch (error) {
    if (check === undefined || !(error instanceof WaitTimeout)) throw error;
    const why = await whyNotAdmitted(cluster.member.client, namespace);
    if (why !== undefined) {
      await recorder.record(check, {
        verdict: 'non-conformant',
        reason: 'refuted',
        message: `expected pods of ${cluster.name} to be let in, and to get ready with a proxy; ${why}`,
        figures: { waitedMs: error.timeoutMs },
        startedAt,
      });
    }
    throw error;
  }
}

type KubernetesEvent = KubernetesObject & { readonly reason?: string; readonly message?: string };

/** Of Istio's injector, whatever its revision: others' webhooks are their own affair. */
const INJECTOR_FAILED = /failed calling webhook "[^"]*sidecar-injector\.istio\.io"/;

/** What the mesh did to pods that are not ready; undefined where it may be somebody else's fault. */
async function whyNotAdmitted(
  client: ScenarioCluster['member']['client'],
  namespace: string,
): Promise<string | undefined> {
  const pods = await client.list<PodWithProxy>({ apiVersion: 'v1', kind: 'Pod', namespace });
  if (pods.length === 0) {
    const events = (await client.events(namespace)) as readonly KubernetesEvent[];
    const refused = events.findLast(
      ({ reason, message }) => reason === 'FailedCreate' && INJECTOR_FAILED.test(message ?? ''),
    );
    return refused === undefined ? undefined : `the API server refused them: ${refused.message ?? ''}`;
  }
  if (pods.some(isUnscheduled)) return undefined;
  const stuck = pods.filter((pod) => {
    const proxy = statusOfProxy(pod);
    return proxy?.state?.running !== undefined && proxy.ready !== true;
  });
  return stuck.length === 0
    ? undefined
    : `the container ${PROXY} of ${stuck.map(({ metadata }) => metadata.name).join(', ')} runs and is not ready`;
}

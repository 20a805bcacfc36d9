/** Waits until a workload's pods are all of its newest version and available. */
import { WaitTimeout, poll } from '../wait/wait.ts';
import { ClusterError, isTransient } from './errors.ts';
import { type Api, getObject } from './objects.ts';
import { describePods } from './pods.ts';
import type { KubernetesObject } from './types.ts';

/** A workload. */
export interface WorkloadRef {
  readonly namespace: string;
  readonly name: string;
  /** @default Deployment */
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
}

interface Workload extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly selector?: Selector };
  readonly status?: Readonly<Record<string, number | undefined>>;
}
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** Waits; at the deadline the WaitTimeout also says why pods are not ready. */
export async function waitForRollout(
  api: Api,
  ref: WorkloadRef,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { kind = 'Deployment', namespace, name } = ref;
  const what = `${kind} ${namespace}/${name} of ${api.connection.source.name} to be rolled out`;
  let last: Workload | undefined;
  try {
    await poll({ what, intervalMs: 500, isTransient, ...options }, async (saw, signal) => {
      last = await getObject<Workload>(api, { apiVersion: 'apps/v1', kind, namespace, name }, signal);
      const missing = last === undefined ? 'it does not exist' : whatIsMissing(kind, last);
      saw(missing ?? 'rolled out');
      return missing === undefined || undefined;
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const pods = await podsOf(api, last);
    throw new WaitTimeout(error.what, error.timeoutMs, [error.lastSaw, ...pods].join('\n  '));
  }
}

/** What keeps the rollout from being complete, or undefined. */
function whatIsMissing(kind: string, { metadata, spec, status = {} }: Workload): string | undefined {
  if ((status['observedGeneration'] ?? 0) < Number(metadata['generation'] ?? 0)) {
    return 'the controller has not seen the newest generation';
  }
  const daemon = kind === 'DaemonSet';
  const wanted = (daemon ? status['desiredNumberScheduled'] : spec?.replicas) ?? (daemon ? 0 : 1);
  const total = status[daemon ? 'currentNumberScheduled' : 'replicas'] ?? 0;
  const updated = status[daemon ? 'updatedNumberScheduled' : 'updatedReplicas'] ?? 0;
  const available = status[daemon ? 'numberAvailable' : 'availableReplicas'] ?? 0;
  if (updated >= wanted && available >= wanted && total <= wanted) return undefined;
  const counts = [`${String(updated)} updated`, `${String(available)} available`, `${String(total)} in all`];
  return `of ${String(wanted)} pods ${counts.join(', ')}`;
}

/** Best effort: the wait's own message must not be lost because the pods cannot be listed. */
async function podsOf(api: Api, workload: Workload | undefined): Promise<string[]> {
  const labels = workload?.spec?.selector?.matchLabels;
  const namespace = workload?.metadata.namespace;
  if (labels === undefined || namespace === undefined) return [];
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  try {
    return await describePods(api, { namespace, labelSelector });
  } catch (error) {
    return [`pods could not be listed: ${error instanceof ClusterError ? error.message : 'unknown reason'}`];
  }
}

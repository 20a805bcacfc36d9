/** Pods: why they are not running, and when they are gone for everybody. */
import { poll } from '../wait/wait.ts';
import { conditionOf } from './conditions.ts';
import { isTransient } from './errors.ts';
import { readLog } from './logs.ts';
import { type Api, listObjects } from './objects.ts';
import type { KubernetesObject } from './types.ts';

/** Pods by their labels, in one namespace. */
export interface PodSelector {
  readonly namespace: string;
  readonly labelSelector: string;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}
interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}
interface PodStatus {
  readonly phase?: string;
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

type PodWithPhase = KubernetesObject & { readonly status?: PodStatus };

/** Pods that failed or succeeded stay, as evicted ones do, and run nothing any more. */
export const mayRun = ({ status }: { readonly status?: { readonly phase?: string } }): boolean =>
  status?.phase !== 'Failed' && status?.phase !== 'Succeeded';

const MAX_PODS_TOLD = 3;
const LOG_LINES = 5;

/** A line for each pod that is not ready, with the reason and, where a container crashed, its last words. */
export async function describePods(api: Api, selector: PodSelector): Promise<string[]> {
  const pods = await listObjects<KubernetesObject>(api, { apiVersion: 'v1', kind: 'Pod', ...selector });
  if (pods.length === 0)
    return [`no pod matches ${selector.labelSelector} (quota or an admission webhook? see events)`];
  const troubled = pods.filter((pod) => !isReady(pod));
  const lines = await Promise.all(troubled.slice(0, MAX_PODS_TOLD).map((pod) => describePod(api, pod)));
  const more = troubled.length - MAX_PODS_TOLD;
  return more > 0 ? [...lines, `and ${String(more)} more pods that are not ready`] : lines;
}

/**
 * Waits until no pod matches and no EndpointSlice of the namespace names a pod that is gone: from then on nobody is told
 * to send anything there.
 */
export async function waitForNoPods(
  api: Api,
  selector: PodSelector,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const what = `pods ${selector.labelSelector} in ${selector.namespace} of ${api.connection.source.name} to be gone`;
  const { namespace } = selector;
  await poll({ what, intervalMs: 500, isTransient, ...options }, async (saw, signal) => {
    const matching = (
      await listObjects<PodWithPhase>(api, { apiVersion: 'v1', kind: 'Pod', ...selector }, signal)
    ).filter(mayRun);
    if (matching.length > 0) {
      saw(`${String(matching.length)} left: ${matching.map(oneWord).join(', ')}`);
      return undefined;
    }
    const pods = await listObjects<PodWithPhase>(api, { apiVersion: 'v1', kind: 'Pod', namespace }, signal);
    const slices = await listObjects<KubernetesObject>(api, { ...ENDPOINT_SLICE, namespace }, signal);
    const alive = new Set(pods.filter(mayRun).map((pod) => pod.metadata.name));
    const orphans = slices.flatMap((slice) => endpointPods(slice).filter((name) => !alive.has(name)));
    if (orphans.length === 0) return true;
    saw(`pods gone, EndpointSlices still name ${orphans.join(', ')}`);
    return undefined;
  });
}

const ENDPOINT_SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' } as const;

function endpointPods(slice: KubernetesObject): string[] {
  const endpoints = (slice['endpoints'] ?? []) as { targetRef?: { kind?: string; name?: string } }[];
  return endpoints.flatMap(({ targetRef }) =>
    targetRef?.kind === 'Pod' && targetRef.name ? [targetRef.name] : [],
  );
}

function statusOf(pod: KubernetesObject): PodStatus {
  return pod['status'] ?? {};
}

/** Ready, and not being deleted: somebody may be sent there. */
export function isServing(pod: KubernetesObject): boolean {
  return pod.metadata['deletionTimestamp'] === undefined && isReady(pod);
}

const isReady = (pod: KubernetesObject): boolean => conditionOf(pod, 'Ready') !== undefined;

/** Has no node taken it? Then nothing of it runs, and nothing that it would do can be asked. */
export const isUnscheduled = (pod: KubernetesObject): boolean =>
  conditionOf(pod, 'PodScheduled', 'False') !== undefined;

function oneWord(pod: KubernetesObject): string {
  const phase =
    pod.metadata['deletionTimestamp'] === undefined ? (statusOf(pod).phase ?? 'no phase') : 'Terminating';
  return `${pod.metadata.name} (${phase})`;
}

async function describePod(api: Api, pod: KubernetesObject): Promise<string> {
  const { initContainerStatuses = [], containerStatuses = [] } = statusOf(pod);
  const containers = [...initContainerStatuses, ...containerStatuses].filter((each) => !each.ready);
  const reasons = await Promise.all(containers.map((container) => describeContainer(api, pod, container)));
  const unscheduled = conditionOf(pod, 'PodScheduled', 'False');
  const scheduling =
    unscheduled === undefined ? [] : [`not scheduled: ${unscheduled.message ?? unscheduled.reason ?? ''}`];
  return `pod ${oneWord(pod)}: ${[...scheduling, ...reasons.filter(Boolean)].join('; ') || 'no reason given'}`;
}

async function describeContainer(
  api: Api,
  pod: KubernetesObject,
  container: ContainerStatus,
): Promise<string> {
  const { name, state, lastState, restartCount = 0 } = container;
  const waiting = state?.waiting;
  const crashed = lastState?.terminated ?? state?.terminated;
  const said = waiting
    ? `${waiting.reason ?? 'waiting'} ${waiting.message ?? ''}`.trim()
    : crashed
      ? 'crashed'
      : 'not ready';
  if (crashed === undefined || (crashed.exitCode === 0 && waiting === undefined)) {
    // A finished init container is as it should be.
    return crashed?.exitCode === 0 ? '' : `container ${name}: ${said}`;
  }
  const end = `exit code ${String(crashed.exitCode ?? '?')}, ${String(restartCount)} restarts`;
  return `container ${name}: ${said} (${end}), last log lines: ${await lastWords(api, pod, container)}`;
}

async function lastWords(api: Api, pod: KubernetesObject, container: ContainerStatus): Promise<string> {
  const { namespace = 'default', name } = pod.metadata;
  // While it is down, the log of the run that crashed is the current one only until the next start.
  const previous = container.lastState?.terminated !== undefined && container.state?.terminated === undefined;
  const request = { namespace, pod: name, container: container.name, tailLines: LOG_LINES, previous };
  try {
    const text = await readLog(api.connection, request);
    return text.trim() === '' ? 'none' : `\n    ${text.trim().split('\n').join('\n    ')}`;
  } catch {
    return 'not to be had';
  }
}

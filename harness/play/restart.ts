import type { Cluster } from '../cluster/cluster.ts';
import { isUnscheduled } from '../cluster/pods.ts';
import { WaitTimeout } from '../wait/wait.ts';
import type { Event } from './heard-answers.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Scene } from './scene.ts';

interface Deployment {
  readonly namespace: string;
  readonly name: string;
}

/** Replaces a Deployment's pods, as `kubectl rollout restart` does, and does not wait. */
export async function restartDeployment(
  cluster: Cluster,
  deployment: Deployment,
): Promise<Omit<Event, 'what'>> {
  const sentMs = Date.now();
  const annotations = { 'meshproof.dev/restarted-at': new Date(sentMs).toISOString() };
  await cluster.patch(
    { apiVersion: 'apps/v1', kind: 'Deployment', ...deployment },
    { spec: { template: { metadata: { annotations } } } },
    { type: 'merge' },
  );
  return { sentMs, acknowledgedMs: Date.now() };
}

/** A restart that was waited for: it is acknowledged when the new pods are ready, or do not get so. */
export interface Restarted extends Event {
  /** False only where a check was about that. */
  readonly isReady: boolean;
}

/**
 * Replaces a Deployment's pods and waits for the new ones. Where they do not get ready, the check that is about that is
 * refuted by what the rollout said last.
 * @throws if they do not get ready and there is no such check, the cluster does not answer, or no node takes the pods:
 * that says nothing of the mesh
 */
export async function restartAndWait(
  { namespace, recorder }: Scene,
  cluster: ScenarioCluster,
  { deployment, judgedBy }: { readonly deployment: string; readonly judgedBy: string | undefined },
): Promise<Restarted> {
  const { client } = cluster.member;
  // As a control: what was not ready before says nothing of what comes now.
  if (judgedBy !== undefined) await cluster.isReady(deployment);
  const restarted = await restartDeployment(client, { namespace, name: deployment });
  const event = { what: `${deployment} in ${cluster.name} restarted`, ...restarted };
  try {
    await cluster.isReady(deployment);
    return { ...event, acknowledgedMs: Date.now(), isReady: true };
  } catch (error) {
    if (judgedBy === undefined || !(error instanceof WaitTimeout)) throw error;
    // Where the API server does not answer, this look throws, too.
    const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace });
    if (pods.some(isUnscheduled)) throw error;
    await recorder.record(judgedBy, {
      verdict: 'non-conformant',
      reason: 'refuted',
      message: `expected a new pod, ready, after "${event.what}"; ${error.message}`,
      figures: { waitedMs: error.timeoutMs },
      startedAt: event.sentMs,
    });
    return { ...event, acknowledgedMs: Date.now(), isReady: false };
  }
}

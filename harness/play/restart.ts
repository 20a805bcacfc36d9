import type { Cluster } from '../cluster/cluster.ts';
import type { Event } from './traffic.ts';

/** Replaces a Deployment's pods, as `kubectl rollout restart` does, and does not wait. */
export async function restartDeployment(
  cluster: Cluster,
  deployment: { readonly namespace: string; readonly name: string },
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

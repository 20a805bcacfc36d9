/** Events of a namespace: what controllers and kubelets said. */
import { type Api, listObjects } from './objects.ts';
import type { KubernetesObject } from './types.ts';

/** All events that the server still keeps (an hour, by default), oldest first. */
export async function listEvents(api: Api, namespace: string): Promise<KubernetesObject[]> {
  const events = await listObjects<KubernetesObject>(api, { apiVersion: 'v1', kind: 'Event', namespace });
  return events.sort((a, b) => lastSeen(a).localeCompare(lastSeen(b)));
}

function lastSeen(event: KubernetesObject): string {
  const series = event['series'] as { lastObservedTime?: string } | undefined;
  const times = [
    series?.lastObservedTime,
    event['lastTimestamp'],
    event['eventTime'],
    event.metadata['creationTimestamp'],
  ];
  return times.find((time): time is string => typeof time === 'string') ?? '';
}

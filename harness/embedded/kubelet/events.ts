/** Events: what controllers and the kubelet have to say of an object. */
import { timestamp } from '../api-server/store.ts';
import type { Resource, Store } from '../types.ts';
import { randomSuffix } from './names.ts';

/** What happened. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Who says it. */
  readonly component: string;
}

const LIFE_MS = 3_600_000;

/** Tells an event of an object; the same one again raises its count. */
export function tellEvent(store: Store, about: Resource, happening: Happening): void {
  const { namespace = 'default', name, uid = '' } = about.metadata;
  const { type, reason, message, component } = happening;
  const now = timestamp();
  const same = store
    .list('Event', { namespace })
    .find(
      (event) =>
        event['reason'] === reason && event['message'] === message && about.metadata.uid === uidOf(event),
    );
  if (same !== undefined) {
    store.update({ kind: 'Event', namespace, name: same.metadata.name }, (copy) => ({
      ...copy,
      count: Number(copy['count'] ?? 1) + 1,
      lastTimestamp: now,
    }));
    return;
  }
  // Nothing can be made in a namespace that is gone.
  const home = store.get({ kind: 'Namespace', name: namespace });
  if (home === undefined || home.metadata.deletionTimestamp !== undefined) return;
  store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${randomSuffix()}${randomSuffix()}`, namespace },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid },
    type,
    reason,
    message,
    source: { component },
    reportingComponent: component,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
  forgetOld(store, namespace);
}

const uidOf = (event: Resource): string | undefined =>
  (event['involvedObject'] as { uid?: string } | undefined)?.uid;

/** Events are kept for an hour. */
function forgetOld(store: Store, namespace: string): void {
  const limit = timestamp(Date.now() - LIFE_MS);
  for (const { metadata, lastTimestamp } of store.list('Event', { namespace }))
    if (typeof lastTimestamp === 'string' && lastTimestamp < limit)
      store.remove({ kind: 'Event', namespace, name: metadata.name });
}

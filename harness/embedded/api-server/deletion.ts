/** Deletion: grace for pods, finalizers, the contents of namespaces, and what an owner leaves behind. */
import { setImmediate as soon } from 'node:timers';
import type { ListFilter, Resource, ResourceRef, Store } from '../types.ts';
import { forbidden, notFound } from './errors.ts';
import { asString, valueAt } from './json.ts';
import { type Kind, kindsOf } from './kinds.ts';
import { refOf, timestamp } from './store.ts';

/**
 * Begins a deletion, or ends it where nothing holds the object. Gives the object as it is then, or was at last. The grace is
 * in seconds, and of pods only. @default the pod's terminationGracePeriodSeconds
 */
export function requestDeletion(store: Store, object: Resource, graceSeconds?: number): Resource {
  const ref = refOf(object);
  const grace = graceOf(object, graceSeconds);
  const marked =
    store.update(ref, (copy) => {
      const { metadata } = copy;
      metadata.deletionTimestamp = earlier(metadata.deletionTimestamp, timestamp(Date.now() + grace * 1000));
      // A second request can only make it shorter.
      const before = metadata.deletionGracePeriodSeconds ?? grace;
      if (copy.kind === 'Pod') metadata.deletionGracePeriodSeconds = Math.min(before, grace);
      return copy.kind === 'Namespace' ? { ...copy, status: { phase: 'Terminating' } } : copy;
    }) ?? object;
  if (object.kind === 'Namespace') emptyNamespace(store, object.metadata.name);
  else if (grace === 0) removeIfFree(store, ref);
  return store.get(ref) ?? marked;
}

/** A pod that no kubelet runs needs no grace. */
function graceOf(object: Resource, graceSeconds: number | undefined): number {
  if (object.kind !== 'Pod' || valueAt(object, ['spec', 'nodeName']) === undefined) return 0;
  if (['Succeeded', 'Failed'].includes(asString(valueAt(object, ['status', 'phase'])) ?? '')) return 0;
  return graceSeconds ?? Number(valueAt(object, ['spec', 'terminationGracePeriodSeconds']) ?? 30);
}

const earlier = (a: string | undefined, b: string): string => (a !== undefined && a < b ? a : b);

/** Removes an object that is being deleted and that no finalizer holds. Pods with grace are the kubelet's to remove. */
export function removeIfFree(store: Store, ref: ResourceRef): void {
  const { metadata, kind } = store.get(ref) ?? {};
  if (metadata?.deletionTimestamp === undefined || (metadata.finalizers?.length ?? 0) > 0) return;
  if (kind === 'Pod' && (metadata.deletionGracePeriodSeconds ?? 0) > 0) return;
  if (kind === 'Namespace') emptyNamespace(store, metadata.name);
  else store.remove(ref);
}

/** Throws ApiError 404 or 403 where an object cannot be made in a namespace. */
export function checkNamespace(store: Store, kind: Kind, object: Resource): void {
  const name = object.metadata.namespace;
  if (!kind.namespaced || name === undefined) return;
  const namespace = store.get({ kind: 'Namespace', name });
  if (namespace === undefined) throw notFound(`namespaces "${name}" not found`);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const what = `${kind.plural} "${object.metadata.name}" is forbidden`;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  throw forbidden(`${what}: ${why}`);
}

const everything = (store: Store, where: ListFilter = {}): Resource[] =>
  kindsOf(store).flatMap(({ kind, group }) => store.list(kind, { ...where, group }));

function deleteAll(store: Store, objects: readonly Resource[]): void {
  for (const object of objects)
    if (object.metadata.deletionTimestamp === undefined) requestDeletion(store, object);
}

/** Owners go before what they own, so that nothing is made again. */
function emptyNamespace(store: Store, name: string): void {
  const owned = ({ metadata }: Resource): number => metadata.ownerReferences?.length ?? 0;
  const contents = (): Resource[] => everything(store, { namespace: name });
  deleteAll(
    store,
    contents().sort((a, b) => owned(a) - owned(b)),
  );
  const namespace = store.get({ kind: 'Namespace', name });
  if ((namespace?.metadata.finalizers?.length ?? 0) > 0 || contents().length > 0) return;
  store.remove({ kind: 'Namespace', name });
}

const dependentsOf = (store: Store, { metadata: { uid } }: Resource): Resource[] =>
  everything(store).filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));

/** Follows deletions: garbage collection, and namespaces that became empty. Gives what ends it. */
export function collectGarbage(store: Store): () => void {
  return store.watch(({ type, object }) => {
    const { name, namespace } = object.metadata;
    if (type === 'ADDED' && object.kind === 'Namespace') soon(() => makeDefaultAccount(store, name));
    if (type !== 'DELETED') return;
    deleteAll(store, dependentsOf(store, object));
    const home = namespace === undefined ? undefined : store.get({ kind: 'Namespace', name: namespace });
    if (home?.metadata.deletionTimestamp !== undefined) emptyNamespace(store, home.metadata.name);
  });
}

/** Every namespace has the account `default`. */
function makeDefaultAccount(store: Store, namespace: string): void {
  const there = store.get({ kind: 'Namespace', name: namespace });
  if (there === undefined || there.metadata.deletionTimestamp !== undefined) return;
  if (store.get({ kind: 'ServiceAccount', name: 'default', namespace }) !== undefined) return;
  store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
}

/** Deletion: grace for pods, finalizers, the contents of namespaces, and what an owner leaves behind. */
import { setImmediate as soon } from 'node:timers';
import { type Resource, type ResourceRef, type Store } from '../types.ts';
import { forbidden, notFound } from './errors.ts';
import { asString, valueAt } from './json.ts';
import { type Kind, kindsOf } from './kinds.ts';
import { refOf, timestamp } from './store.ts';

/** How to delete, as DeleteOptions say it. */
export interface Deletion {
  /** Seconds; pods only. @default the pod's terminationGracePeriodSeconds */
  readonly graceSeconds?: number | undefined;
}

/** Begins a deletion, or ends it where nothing holds the object. Gives the object as it is then, or was at last. */
export function requestDeletion(store: Store, object: Resource, deletion: Deletion = {}): Resource {
  const ref = refOf(object);
  const grace = graceOf(object, deletion);
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
function graceOf(object: Resource, { graceSeconds }: Deletion): number {
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

function contents(store: Store, namespace: string): Resource[] {
  return kindsOf(store)
    .filter(({ namespaced }) => namespaced)
    .flatMap(({ kind, group }) => store.list(kind, { group, namespace }));
}

/** Owners go before what they own, so that nothing is made again. */
function emptyNamespace(store: Store, name: string): void {
  const owned = ({ metadata }: Resource): number => metadata.ownerReferences?.length ?? 0;
  const left = contents(store, name).sort((a, b) => owned(a) - owned(b));
  for (const object of left) {
    if (object.metadata.deletionTimestamp === undefined) requestDeletion(store, object);
  }
  const namespace = store.get({ kind: 'Namespace', name });
  if ((namespace?.metadata.finalizers?.length ?? 0) > 0 || contents(store, name).length > 0) return;
  store.remove({ kind: 'Namespace', name });
}

function deleteDependents(store: Store, owner: Resource): void {
  const { uid } = owner.metadata;
  const isOwned = ({ metadata }: Resource): boolean =>
    metadata.ownerReferences?.some((reference) => reference.uid === uid) ?? false;
  for (const { kind, group } of kindsOf(store)) {
    for (const dependent of store.list(kind, { group }).filter(isOwned)) {
      if (dependent.metadata.deletionTimestamp === undefined) requestDeletion(store, dependent);
    }
  }
}

/** Follows deletions: garbage collection, and namespaces that became empty. Gives what ends it. */
export function collectGarbage(store: Store): () => void {
  return store.watch(({ type, object }) => {
    if (type === 'ADDED' && object.kind === 'Namespace')
      soon(() => {
        makeDefaultAccount(store, object.metadata.name);
      });
    if (type !== 'DELETED') return;
    deleteDependents(store, object);
    const { namespace: name } = object.metadata;
    const namespace = name === undefined ? undefined : store.get({ kind: 'Namespace', name });
    if (name !== undefined && namespace?.metadata.deletionTimestamp !== undefined)
      emptyNamespace(store, name);
  });
}

/** Every namespace has the account `default`. */
function makeDefaultAccount(store: Store, namespace: string): void {
  const there = store.get({ kind: 'Namespace', name: namespace });
  if (there === undefined || there.metadata.deletionTimestamp !== undefined) return;
  if (store.get({ kind: 'ServiceAccount', name: 'default', namespace }) !== undefined) return;
  store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
}

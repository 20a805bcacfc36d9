/** The objects of one cluster, in memory, with one counter for all changes as etcd has it. */
import { randomUUID } from 'node:crypto';
import type { Change, ListFilter, Resource, ResourceRef, Store } from '../types.ts';
import { alreadyExists } from './errors.ts';
import { equal } from './json.ts';

/** `apps` of `apps/v1`, empty for `v1`. */
export const groupOf = (apiVersion: string): string =>
  apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));

/** What names an object in the store. */
export const refOf = ({ apiVersion, kind, metadata: { name, namespace } }: Resource): ResourceRef => ({
  group: groupOf(apiVersion),
  kind,
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

/** An object's key among those of its kind, whatever the version that it is told in. */
export const keyOf = (object: Resource): string => keyIn(groupOf(object.apiVersion), object.metadata);

const keyIn = (group: string, { namespace = '', name }: { namespace?: string; name: string }): string =>
  `${group}/${namespace}/${name}`;

/** Second precision, as Kubernetes writes times. */
export const timestamp = (ms = Date.now()): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** A store with nothing in it. */
export const createStore = (): Store => new MemoryStore();

/** What there is of one kind's name: usually one group's. */
interface Shelf {
  readonly groups: Set<string>;
  readonly objects: Map<string, Resource>;
}

class MemoryStore implements Store {
  readonly #shelves = new Map<string, Shelf>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #queue: Change[] = [];
  #telling = false;
  #version = 1;

  get(ref: ResourceRef): Resource | undefined {
    const shelf = this.#shelves.get(ref.kind);
    for (const group of ref.group === undefined ? (shelf?.groups ?? []) : [ref.group]) {
      const found = shelf?.objects.get(keyIn(group, ref));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  list(kind: string, { group, namespace, labels }: ListFilter = {}): Resource[] {
    const wanted = Object.entries(labels ?? {});
    return [...(this.#shelves.get(kind)?.objects.values() ?? [])].filter(
      ({ apiVersion, metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) &&
        (group === undefined || groupOf(apiVersion) === group) &&
        wanted.every(([key, value]) => metadata.labels?.[key] === value),
    );
  }

  create(object: Resource): Resource {
    const ref = refOf(object);
    if (this.get(ref) !== undefined) throw alreadyExists(`${object.kind} "${ref.name}" already exists`);
    const created = structuredClone(object);
    created.metadata.uid = randomUUID();
    created.metadata.creationTimestamp = timestamp();
    created.metadata.generation = 1;
    this.#put(created);
    this.#tell({ type: 'ADDED', object: created });
    return created;
  }

  update(ref: ResourceRef, change: (copy: Resource) => Resource): Resource | undefined {
    const before = this.get(ref);
    if (before === undefined) return undefined;
    const changed = change(structuredClone(before));
    // Kubernetes stores nothing, and tells nobody, where nothing changed.
    if (equal(changed, before)) return before;
    const after = structuredClone(changed);
    after.metadata.generation =
      (before.metadata.generation ?? 1) + (equal(after['spec'], before['spec']) ? 0 : 1);
    this.#put(after);
    this.#tell({ type: 'MODIFIED', object: after });
    return after;
  }

  remove(ref: ResourceRef): void {
    const before = this.get(ref);
    if (before === undefined) return;
    this.#shelves.get(ref.kind)?.objects.delete(keyOf(before));
    const last = { ...before, metadata: { ...before.metadata, resourceVersion: this.#next() } };
    this.#tell({ type: 'DELETED', object: last });
  }

  watch(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #next(): string {
    return String(++this.#version);
  }

  #put(object: Resource): void {
    object.metadata.resourceVersion = this.#next();
    const shelf = this.#shelves.get(object.kind) ?? { groups: new Set(), objects: new Map() };
    this.#shelves.set(object.kind, shelf);
    shelf.groups.add(groupOf(object.apiVersion));
    shelf.objects.set(keyOf(object), object);
  }

  /** A listener may change objects: what it did is told after what it was told of, to all in the same order. */
  #tell(change: Change): void {
    this.#queue.push(change);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const listener of [...this.#listeners]) listener(next);
      }
    } finally {
      this.#telling = false;
    }
  }
}

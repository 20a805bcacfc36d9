/** Who set which field: `managedFields`, and server-side apply, which needs them. */
import type { Resource } from '../types.ts';
import { conflict } from './errors.ts';
import { type Json, asArray, asRecord, equal, isRecord } from './json.ts';
import { elementKey, listKeys } from './lists.ts';
import { timestamp } from './store.ts';

/** Who writes, and whether lists of the kind have keys. */
export interface Writer {
  readonly manager: string;
  readonly keyed: boolean;
  /** Takes fields from other managers instead of answering 409. */
  readonly force?: boolean;
  readonly subresource?: string;
}

interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly fields: ReadonlySet<string>;
  readonly time: string;
}

const SEPARATOR = '\u0000';

/** The leaves of an object: path in the notation of fieldsV1, and value. */
function leavesOf(object: Resource | undefined, keyed: boolean): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  if (object === undefined) return leaves;
  const walk = (value: unknown, path: readonly string[], field: string): void => {
    const keys = keyed && Array.isArray(value) ? listKeys(field, value) : undefined;
    if (keys !== undefined) {
      for (const element of asArray(value).map(asRecord)) {
        walk(element, [...path, `k:${elementKey(element, keys)}`], '');
      }
    } else if (isRecord(value) && Object.keys(value).length > 0) {
      for (const [name, inner] of Object.entries(value)) walk(inner, [...path, `f:${name}`], name);
    } else leaves.set(path.join(SEPARATOR), value);
  };
  // No manager owns the type.
  const { apiVersion: _version, kind: _kind, metadata, ...fields } = object;
  for (const [name, value] of Object.entries(fields)) walk(value, [`f:${name}`], name);
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  const owned = { labels, annotations, finalizers, ownerReferences };
  for (const [name, value] of Object.entries(owned)) {
    if (value !== undefined) walk(value, ['f:metadata', `f:${name}`], name);
  }
  return leaves;
}

function toFieldsV1(paths: ReadonlySet<string>): Json {
  const tree: Json = {};
  for (const path of paths) {
    let at = tree;
    for (const part of path.split(SEPARATOR)) at = (at[part] ??= {}) as Json;
  }
  return tree;
}

function fromFieldsV1(tree: unknown, prefix: readonly string[] = []): string[] {
  const entries = Object.entries(asRecord(tree));
  if (entries.length === 0) return prefix.length === 0 ? [] : [prefix.join(SEPARATOR)];
  return entries.flatMap(([part, inner]) => fromFieldsV1(inner, [...prefix, part]));
}

function readEntries(object: Resource | undefined): Entry[] {
  return (asArray(object?.metadata['managedFields']) as Json[]).map((entry) => ({
    ...(entry as unknown as Entry),
    fields: new Set(fromFieldsV1(entry['fieldsV1'])),
  }));
}

function withEntries(object: Resource, entries: readonly Entry[]): Resource {
  const managedFields = entries
    .filter(({ fields }) => fields.size > 0)
    .map(({ fields, ...rest }) => ({ ...rest, fieldsType: 'FieldsV1', fieldsV1: toFieldsV1(fields) }));
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

/** Notes who changed what by create, update or patch. */
export function recordUpdate(before: Resource | undefined, after: Resource, writer: Writer): Resource {
  const now = leavesOf(after, writer.keyed);
  const changed = changedPaths(leavesOf(before, writer.keyed), now);
  const own = entryOf(after, writer, { operation: 'Update', fields: new Set() });
  const there = readEntries(before);
  const isThere = there.some((entry) => isSame(entry, own));
  const entries = (isThere ? there : [...there, own]).map((entry) => {
    const mine = isSame(entry, own);
    const kept = [...entry.fields].filter((path) => now.has(path) && (mine || !changed.includes(path)));
    const fields = new Set(mine ? [...kept, ...changed] : kept);
    return { ...entry, fields, time: mine && changed.length > 0 ? own.time : entry.time };
  });
  return withEntries(after, entries);
}

const changedPaths = (old: ReadonlyMap<string, unknown>, now: ReadonlyMap<string, unknown>): string[] =>
  [...now].flatMap(([path, value]) => (equal(old.get(path), value) ? [] : [path]));

const entryOf = (
  { apiVersion }: Resource,
  { manager, subresource }: Writer,
  what: Pick<Entry, 'fields' | 'operation'>,
): Entry => ({
  manager,
  apiVersion,
  time: timestamp(),
  ...(subresource === undefined ? {} : { subresource }),
  ...what,
});

const isSame = (a: Entry, b: Entry): boolean =>
  a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;

/**
 * Server-side apply: the fields of `applied` are set, those that this manager had applied and applies no more are removed
 * unless another owns them. Throws ApiError 409 that lists the conflicts.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function serverSideApply(live: Resource | undefined, applied: Resource, writer: Writer): Resource {
  const wanted = leavesOf(applied, writer.keyed);
  const own = entryOf(applied, writer, { operation: 'Apply', fields: new Set(wanted.keys()) });
  const entries = readEntries(live);
  const others = entries.filter((entry) => !isSame(entry, own));
  const changing = new Set(changedPaths(leavesOf(live, writer.keyed), wanted));
  if (writer.force !== true) refuseConflicts(others, changing);
  const before = entries.find((entry) => isSame(entry, own));
  const dropped = [...(before?.fields ?? [])].filter(
    (path) => !wanted.has(path) && !others.some(({ fields }) => fields.has(path)),
  );
  const merged = mergeApplied(live ?? {}, applied, { field: '', keyed: writer.keyed }) as Resource;
  for (const path of dropped) removePath(merged, path.split(SEPARATOR));
  // A manager that keeps what it did says so by keeping its time: an apply without a change changes nothing.
  const unchanged = before !== undefined && changing.size === 0 && equal(before.fields, own.fields);
  const left = others.map((entry) => ({
    ...entry,
    fields: new Set([...entry.fields].filter((path) => !changing.has(path))),
  }));
  return withEntries(merged, [...left, unchanged ? { ...own, time: before.time } : own]);
}

function refuseConflicts(others: readonly Entry[], changing: ReadonlySet<string>): void {
  const conflicts = others.flatMap(({ manager, fields }) =>
    [...fields].filter((path) => changing.has(path)).map((path) => ({ manager, field: readable(path) })),
  );
  const [first] = conflicts;
  if (first === undefined) return;
  const many = conflicts.length === 1 ? '1 conflict' : `${String(conflicts.length)} conflicts`;
  const told = conflicts.map(({ manager, field }) => `conflict with "${manager}": ${field}`);
  throw conflict(`Apply failed with ${many}: ${told.join(', ')}`);
}

const readable = (path: string): string =>
  path
    .split(SEPARATOR)
    .map((part) => (part.startsWith('f:') ? `.${part.slice(2)}` : `[${part.slice(2)}]`))
    .join('');

function mergeApplied(live: unknown, applied: unknown, how: { field: string; keyed: boolean }): unknown {
  const keys = how.keyed && Array.isArray(applied) ? listKeys(how.field, applied) : undefined;
  if (keys !== undefined) {
    const merged = new Map(asArray(live).map((each) => [elementKey(asRecord(each), keys), each]));
    for (const element of asArray(applied)) {
      const key = elementKey(asRecord(element), keys);
      merged.set(key, mergeApplied(merged.get(key), element, { ...how, field: '' }));
    }
    return [...merged.values()];
  }
  if (!isRecord(applied)) return applied;
  const result: Json = { ...asRecord(live) };
  for (const [field, value] of Object.entries(applied)) {
    result[field] = mergeApplied(result[field], value, { ...how, field });
  }
  return result;
}

/** Removes a leaf, and what it leaves empty. Works on a copy's own containers: `mergeApplied` shares what it did not touch. */
function removePath(object: Json, [part = '', ...rest]: readonly string[]): void {
  const name = part.slice(2);
  const value = structuredClone(object[name]);
  if (rest.length === 0 || value === undefined) {
    Reflect.deleteProperty(object, name);
    return;
  }
  const [next = ''] = rest;
  if (next.startsWith('k:') && Array.isArray(value)) {
    object[name] = withoutElementPath(value as unknown[], next.slice(2), rest.slice(1));
  } else if (isRecord(value)) {
    removePath(value, rest);
    object[name] = value;
  }
  if (Object.keys(object[name] as object).length === 0) Reflect.deleteProperty(object, name);
}

function withoutElementPath(list: readonly unknown[], key: string, rest: readonly string[]): unknown[] {
  const names = Object.keys(asRecord(JSON.parse(key)));
  return list.flatMap((element) => {
    const record = asRecord(element);
    if (elementKey(record, names) !== key) return [element];
    removePath(record, rest);
    // Only its keys are left: nobody wants anything of it any more.
    return Object.keys(record).some((field) => !names.includes(field)) ? [record] : [];
  });
}

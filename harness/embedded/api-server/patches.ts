/** Merge patch (RFC 7396), JSON patch (RFC 6902) and strategic merge patch. Each gives a new value. */
import { badRequest, invalid } from './errors.ts';
import { type Json, asArray, asRecord, equal, isRecord } from './json.ts';
import { elementKey, listKeys } from './lists.ts';

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Json = { ...asRecord(target) };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, field);
    else result[field] = mergePatch(result[field], value);
  }
  return result;
}

/** Hints about order that kubectl adds: the merge keeps the server's. */
const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/**
 * Strategic merge: like merge, but lists with keys are merged by them. Throws ApiError 400 for a directive other than
 * `$patch: delete|replace|merge`, `$retainKeys`, `$deleteFromPrimitiveList/FIELD` and `$setElementOrder/FIELD`.
 * Source: https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicPatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive !== undefined && directive !== 'replace' && directive !== 'merge') {
    throw badRequest(`patch directive $patch: ${JSON.stringify(directive)} is not supported here`);
  }
  const result: Json = directive === 'replace' ? {} : { ...asRecord(target) };
  for (const field of retained === undefined ? [] : Object.keys(result)) {
    if (!asArray(retained).includes(field)) Reflect.deleteProperty(result, field);
  }
  for (const [field, value] of Object.entries(fields)) {
    if (field.startsWith(ORDER)) continue;
    if (field.startsWith(DELETE_FROM)) {
      const name = field.slice(DELETE_FROM.length);
      result[name] = asArray(result[name]).filter((each) => !asArray(value).includes(each));
    } else if (field.startsWith('$')) throw badRequest(`patch directive ${field} is not supported`);
    else if (value === null || asRecord(value)['$patch'] === 'delete') Reflect.deleteProperty(result, field);
    else if (Array.isArray(value)) result[field] = mergeList(field, result[field], value);
    else result[field] = strategicPatch(result[field], value);
  }
  return result;
}

function mergeList(field: string, target: unknown, patch: readonly unknown[]): unknown[] {
  // The one list of plain values that is merged: kubectl and controllers each add their own.
  if (field === 'finalizers') return [...new Set([...asArray(target), ...patch])];
  const elements = patch.filter(isRecord);
  const keys = listKeys(field, elements);
  if (keys === undefined || elements.length !== patch.length) return [...patch];
  const replaces = elements.some((element) => element['$patch'] === 'replace');
  const merged = new Map<string, unknown>();
  if (!replaces && Array.isArray(target)) {
    for (const element of target) merged.set(elementKey(asRecord(element), keys), element);
  }
  for (const element of elements) {
    const key = elementKey(element, keys);
    if (element['$patch'] === 'delete') merged.delete(key);
    else if (element['$patch'] === undefined) merged.set(key, strategicPatch(merged.get(key), element));
  }
  return [...merged.values()];
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** RFC 6902. Throws ApiError 422 where a path is not there or a test fails. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations');
  const root: Json = { '': structuredClone(target) };
  for (const operation of patch as Operation[]) applyOperation(root, operation);
  return root[''];
}

function applyOperation(root: Json, { op, path, from = '', value }: Operation): void {
  if (op === 'add') splice(root, path, { removed: 0, added: [value] });
  else if (op === 'copy') splice(root, path, { removed: 0, added: [structuredClone(locate(root, from))] });
  else if (op === 'move') {
    const moved = locate(root, from);
    splice(root, from, { removed: 1, added: [] });
    splice(root, path, { removed: 0, added: [moved] });
  } else {
    const found = locate(root, path);
    if (op === 'remove') splice(root, path, { removed: 1, added: [] });
    else if (op === 'replace') splice(root, path, { removed: 1, added: [value] });
    else if (op !== 'test') throw unprocessable(`unknown operation ${JSON.stringify(op)}`);
    else if (!equal(found, value)) throw unprocessable(`testing value ${path} failed`);
  }
}

const unprocessable = (message: string): Error =>
  invalid(`the server rejected our request due to an error in our request: ${message}`);

/** The root stands under the empty name, so that the whole document has a parent too. */
const segments = (path: string): string[] =>
  path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function child(parent: unknown, name: string): unknown {
  if (Array.isArray(parent)) return parent[Number(name)] as unknown;
  return isRecord(parent) && Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function locate(root: Json, path: string): unknown {
  const found = segments(path).reduce<unknown>(child, root);
  if (found === undefined) throw unprocessable(`nothing is at ${path}`);
  return found;
}

/** At a path's place in a list values go out and in; a field of an object is set or deleted. */
function splice(
  root: Json,
  path: string,
  { removed, added }: { readonly removed: number; readonly added: readonly unknown[] },
): void {
  const parts = segments(path);
  const last = parts.pop() ?? '';
  const parent = parts.reduce<unknown>(child, root);
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length)
      throw unprocessable(`no index ${path}`);
    parent.splice(index, removed, ...added);
  } else if (!isRecord(parent)) throw unprocessable(`the parent of ${path} is neither object nor list`);
  else if (added.length === 0) Reflect.deleteProperty(parent, last);
  else [parent[last]] = added;
}

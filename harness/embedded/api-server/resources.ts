/** Reading, writing and deleting objects over the API. */
import type { Resource, ResourceRef, Store } from '../types.ts';
import { admit, refuseUnknownFields, requireAccount } from './admission.ts';
import { checkNamespace, removeIfFree, requestDeletion } from './deletion.ts';
import { alreadyExists, badRequest, conflict, invalid, notFound, unsupportedMediaType } from './errors.ts';
import { type Json, asArray, asRecord, asString, isRecord } from './json.ts';
import { type Kind, groupVersion, resourceName } from './kinds.ts';
import { hasKeyedLists } from './lists.ts';
import { type Writer, recordUpdate, serverSideApply } from './managers.ts';
import { jsonPatch, mergePatch, strategicPatch } from './patches.ts';
import { refOf as storeRef } from './store.ts';
import { type Asked, type Target, parseBody, readBody } from './target.ts';

/** What is asked about an object that is about to be stored: the object as it shall be. Throws ApiError where it is refused. */
export type Webhooks = (object: Resource, isNew: boolean) => Resource;

/** Where a request is served. */
export interface Place {
  readonly store: Store;
  readonly kind: Kind;
  readonly target: Target;
  readonly asked: Asked;
  readonly webhooks: Webhooks | undefined;
}

/** An answer. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
}

/** The object in the version that was asked for: all versions of a kind have the same fields here. */
export function inVersion({ target }: Place, object: Resource): Resource {
  return { ...object, apiVersion: groupVersion(target.group, target.version) };
}

/** Which object a request is about. */
export function refOf({ kind, target }: Place): ResourceRef {
  const { name = '', namespace } = target;
  const inNamespace = kind.namespaced && namespace !== undefined ? { namespace } : {};
  return { group: kind.group, kind: kind.kind, name, ...inNamespace };
}

/** Throws ApiError 404. */
export function existing(place: Place): Resource {
  const found = place.store.get(refOf(place));
  if (found !== undefined) return found;
  throw notFound(`${resourceName(place.kind)} "${place.target.name ?? ''}" not found`);
}

/** Who writes, as `managedFields` tells. */
export function writerOf({ asked, kind, target }: Place): Writer {
  const agent = /^[^/\s]+/.exec(asked.headers['user-agent'] ?? '')?.[0];
  return {
    manager: asked.query.get('fieldManager') ?? agent ?? 'unknown',
    keyed: hasKeyedLists(kind.group),
    force: asked.query.get('force') === 'true',
    ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
  };
}

/** Reads an object from a body, in the kind's stored version. Throws ApiError 400. */
function readObject({ kind, target, asked }: Place, body: Json): Resource {
  const metadata = { ...asRecord(body['metadata']) };
  const generated = asString(metadata['generateName']);
  if (metadata['name'] === undefined && generated !== undefined) {
    metadata['name'] = generated + Math.random().toString(36).slice(2, 7).padEnd(5, '0');
  }
  const name = asString(metadata['name']) ?? target.name;
  const said = body['kind'];
  if (said !== undefined && said !== kind.kind) {
    throw badRequest(`${kind.kind} in the path does not match ${JSON.stringify(said)} in the body`);
  }
  if (name === undefined) throw invalid('metadata.name: Required value: name or generateName is required');
  if (target.name !== undefined && name !== target.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  }
  const { namespace } = metadata;
  if (kind.namespaced && namespace !== undefined && namespace !== target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (asked.query.get('fieldValidation') === 'Strict') refuseUnknownFields(kind, body);
  const place = kind.namespaced ? { namespace: target.namespace ?? 'default' } : {};
  const apiVersion = groupVersion(kind.group, kind.versions[0] ?? 'v1');
  return { ...body, apiVersion, kind: kind.kind, metadata: { ...metadata, name, ...place } };
}

/** @param options DeleteOptions, where a body holds them */
export const isDryRun = ({ asked }: Place, options: Json = {}): boolean =>
  asked.query.get('dryRun') === 'All' || asArray(options['dryRun']).includes('All');

/** Fields that only the server sets. */
const SERVER_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const;

function store(place: Place, wanted: Resource, how: 'apply' | 'update'): Answer {
  const { store: objects, kind } = place;
  const ref = storeRef(wanted);
  const before = objects.get(ref);
  const complete = admit(kind, wanted, before);
  const admitted = place.webhooks?.(complete, before === undefined) ?? complete;
  if (kind.kind === 'Pod' && before === undefined) requireAccount(objects, admitted);
  const object = how === 'update' ? recordUpdate(before, admitted, writerOf(place)) : admitted;
  if (before === undefined) return create(place, object);
  if (isDryRun(place)) return { code: 200, body: inVersion(place, object) };
  const after = objects.update(ref, () => object) ?? object;
  removeIfFree(objects, ref);
  return { code: 200, body: inVersion(place, after) };
}

function create(place: Place, object: Resource): Answer {
  checkNamespace(place.store, place.kind, object);
  const metadata = { ...object.metadata };
  for (const field of SERVER_FIELDS) Reflect.deleteProperty(metadata, field);
  const fresh: Resource = { ...object, metadata };
  if (isDryRun(place)) return { code: 201, body: inVersion(place, fresh) };
  return { code: 201, body: inVersion(place, place.store.create(fresh)) };
}

/** POST: a new object; its status is the controllers' business. Throws ApiError 409 where it is there. */
export function postObject(place: Place): Answer {
  const { kind } = place;
  const object = readObject(place, readBody(place.asked));
  if (kind.subresources.includes('status')) Reflect.deleteProperty(object, 'status');
  if (place.store.get(storeRef(object)) !== undefined) {
    throw alreadyExists(`${resourceName(kind)} "${object.metadata.name}" already exists`);
  }
  return store(place, object, 'update');
}

/** PUT: replaces the object, or its status. Throws ApiError 409 where another was faster. */
export function putObject(place: Place): Answer {
  const before = existing(place);
  return store(place, replaced(place, before, readObject(place, readBody(place.asked))), 'update');
}

/** The object after a write: what the server owns stays, and only one of status and the rest can change. */
function replaced({ kind, target }: Place, before: Resource, wanted: Resource): Resource {
  const { resourceVersion, uid } = wanted.metadata;
  if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
    const what = `Operation cannot be fulfilled on ${resourceName(kind)} "${before.metadata.name}"`;
    const why = 'the object has been modified; please apply your changes to the latest version and try again';
    throw conflict(`${what}: ${why}`);
  }
  if (uid !== undefined && uid !== before.metadata.uid) {
    throw conflict(`Precondition failed: UID in precondition: ${uid}`);
  }
  if (target.subresource === 'status') return { ...before, status: wanted['status'] };
  const metadata: Json = { ...wanted.metadata };
  for (const field of SERVER_FIELDS) {
    if (before.metadata[field] === undefined) Reflect.deleteProperty(metadata, field);
    else metadata[field] = before.metadata[field];
  }
  metadata['managedFields'] = before.metadata['managedFields'];
  const after = { ...wanted, metadata: metadata as Resource['metadata'] };
  if (!kind.subresources.includes('status')) return after;
  Reflect.deleteProperty(after, 'status');
  return before['status'] === undefined ? after : { ...after, status: before['status'] };
}

/** PATCH, by its content type. */
export function patchObject(place: Place): Answer {
  const contentType = place.asked.headers['content-type'] ?? '';
  if (contentType.startsWith('application/apply-patch')) return applyObject(place);
  const before = existing(place);
  const wanted = patched(place.kind, inVersion(place, before), place.asked);
  if (!isRecord(wanted)) throw invalid('the patch leaves no object');
  return store(place, replaced(place, before, readObject(place, wanted)), 'update');
}

/** What a merge, JSON or strategic patch makes of a value. Throws ApiError 415 for any other. */
export function patched(kind: Kind, value: unknown, { body, headers }: Asked): unknown {
  const contentType = headers['content-type'] ?? '';
  const patch = parseBody(body, contentType);
  if (contentType.startsWith('application/merge-patch')) return mergePatch(value, patch);
  if (contentType.startsWith('application/json-patch')) return jsonPatch(value, patch);
  if (contentType.startsWith('application/strategic-merge-patch') && hasKeyedLists(kind.group)) {
    return strategicPatch(value, patch);
  }
  throw unsupportedMediaType(
    `the body of the request was in an unknown format: ${contentType} for ${kind.kind}`,
  );
}

function applyObject(place: Place): Answer {
  const body = readBody(place.asked);
  if (asRecord(body['metadata'])['managedFields'] !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const wanted = readObject(place, body);
  const isStatus = place.target.subresource === 'status';
  if (!isStatus && place.kind.subresources.includes('status')) Reflect.deleteProperty(wanted, 'status');
  const before = place.store.get(refOf(place));
  const applied = serverSideApply(before, wanted, writerOf(place));
  if (before === undefined) return store(place, applied, 'apply');
  const { managedFields } = applied.metadata;
  const after = replaced(place, before, applied);
  return store(place, { ...after, metadata: { ...after.metadata, managedFields } }, 'apply');
}

/** DELETE of one object; the body or the query holds DeleteOptions. */
export function deleteObject(place: Place): Answer {
  const { query } = place.asked;
  const options = readBody(place.asked);
  const object = existing(place);
  const preconditions = asRecord(options['preconditions']);
  for (const field of ['uid', 'resourceVersion']) {
    const wanted = preconditions[field];
    if (wanted !== undefined && wanted !== object.metadata[field])
      throw conflict(`Precondition failed: ${field} in precondition: ${JSON.stringify(wanted)}`);
  }
  const propagation = options['propagationPolicy'] ?? query.get('propagationPolicy') ?? 'Background';
  if (propagation !== 'Background') {
    throw badRequest(`propagationPolicy ${JSON.stringify(propagation)}: this server has only Background`);
  }
  const grace = options['gracePeriodSeconds'] ?? query.get('gracePeriodSeconds') ?? undefined;
  if (isDryRun(place, options)) return { code: 200, body: inVersion(place, object) };
  const left = requestDeletion(place.store, object, grace === undefined ? undefined : Number(grace));
  return { code: 200, body: inVersion(place, left) };
}

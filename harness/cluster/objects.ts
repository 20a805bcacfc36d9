/** Reading, patching and deleting objects. */
import { poll } from '../wait/wait.ts';
import type { Connection } from './connection.ts';
import type { Discovery, KindRef } from './discovery.ts';
import { ApiError, ClusterError, isTransient } from './errors.ts';
import { sendJson } from './request.ts';
import type { KubernetesObject } from './types.ts';

/** One object. */
export interface ObjectRef extends KindRef {
  readonly name: string;
}

/** Objects of a kind, of one namespace or of all. */
export interface ListRef extends KindRef {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** A patch's content type, by its usual name. */
export interface PatchOptions {
  /** @default merge */
  readonly type?: 'merge' | 'json' | 'strategic';
  /** Such as `status` or `scale`. */
  readonly subresource?: string;
  readonly signal?: AbortSignal | undefined;
}

/** How to delete. */
export interface DeleteOptions {
  /** @default Background */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection with its discovery. */
export interface Api {
  readonly connection: Connection;
  readonly discovery: Discovery;
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** Objects a page: etcd and the API server are spared large answers. */
const PAGE = 500;
/** How often a list is begun again because its continue token had expired. */
const MAX_RELISTS = 3;

/** The object, or undefined if there is none. */
export async function getObject<T>(api: Api, ref: ObjectRef, signal?: AbortSignal): Promise<T | undefined> {
  const path = await api.discovery.path(ref);
  try {
    return (await sendJson(api.connection, { method: 'GET', path }, { signal })) as T;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

interface Page {
  readonly items?: readonly KubernetesObject[];
  readonly metadata?: { readonly continue?: string };
}

/** Every object that matches, page by page; begun again if the pages expire in between (410). */
export async function listObjects<T>(api: Api, ref: ListRef, signal?: AbortSignal): Promise<T[]> {
  const path = await api.discovery.path({
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    namespace: ref.namespace,
  });
  const { labelSelector, fieldSelector } = ref;
  for (let relists = 0; ; relists++) {
    const items: KubernetesObject[] = [];
    let token: string | undefined;
    try {
      do {
        const query = { labelSelector, fieldSelector, limit: PAGE, continue: token };
        const page = (await sendJson(api.connection, { method: 'GET', path }, { query, signal })) as Page;
        // Items of a list carry neither apiVersion nor kind.
        for (const item of page.items ?? [])
          items.push({ ...item, apiVersion: ref.apiVersion, kind: ref.kind });
        token = page.metadata?.continue || undefined;
      } while (token !== undefined);
      return items as unknown as T[];
    } catch (error) {
      const expired = error instanceof ApiError && error.status === 410;
      if (!expired || relists >= MAX_RELISTS) throw error;
    }
  }
}

/** Patches an object or a subresource of it, and gives what the server has then. */
export async function patchObject(
  api: Api,
  ref: ObjectRef,
  change: { readonly body: unknown; readonly options?: PatchOptions },
): Promise<KubernetesObject> {
  const { type = 'merge', subresource, signal } = change.options ?? {};
  const path = (await api.discovery.path(ref)) + (subresource === undefined ? '' : `/${subresource}`);
  const options = {
    body: change.body,
    contentType: PATCH_TYPES[type],
    query: { fieldManager: 'meshproof' },
    signal,
  };
  return (await sendJson(api.connection, { method: 'PATCH', path }, options)) as KubernetesObject;
}

/** Asks for the object's deletion. An object (or a whole kind) that does not exist is fine. */
export async function deleteObject(api: Api, ref: ObjectRef, options: DeleteOptions = {}): Promise<void> {
  const { propagation = 'Background', gracePeriodSeconds, signal } = options;
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: propagation,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
  };
  try {
    const path = await api.discovery.path(ref);
    await sendJson(api.connection, { method: 'DELETE', path }, { body, signal });
  } catch (error) {
    if (!isNotFound(error) && !isNoSuchKind(error)) throw error;
  }
}

/** Deletes and waits until the object is gone; at the deadline says which finalizers hold it. */
export async function deleteAndWait(
  api: Api,
  ref: ObjectRef,
  options: DeleteOptions & { readonly timeoutMs: number },
): Promise<void> {
  const { timeoutMs, signal } = options;
  await deleteObject(api, ref, options);
  const what = `${ref.kind} ${ref.name} of ${api.connection.source.name} to be gone`;
  await poll({ what, timeoutMs, intervalMs: 500, signal, isTransient }, async (saw, inner) => {
    const left = await getObject<KubernetesObject>(api, ref, inner).catch(undefinedIfNoSuchKind);
    if (left === undefined) return true;
    saw(describeDeletion(left));
    return undefined;
  });
}

function describeDeletion({ metadata }: KubernetesObject): string {
  const since = metadata['deletionTimestamp'];
  const finalizers = metadata['finalizers'] as readonly string[] | undefined;
  if (typeof since !== 'string') return 'it exists and is not being deleted (made anew?)';
  return `being deleted since ${since}, finalizers: ${finalizers?.join(', ') ?? 'none'}`;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function isNoSuchKind(error: unknown): boolean {
  return error instanceof ClusterError && error.kind === 'no-such-kind';
}

function undefinedIfNoSuchKind(error: unknown): undefined {
  if (!isNoSuchKind(error)) throw error;
}

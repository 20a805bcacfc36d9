/** Which path serves a kind: the API's own discovery, cached, asked again when a kind is not found. */
import { sleep } from '../wait/wait.ts';
import type { Connection } from './connection.ts';
import { ApiError, ClusterError } from './errors.ts';
import { sendJson } from './request.ts';

/** A kind as the API server serves it. */
export interface Resource {
  /** Plural, as in paths. */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What names an object, or with no name a collection. */
export interface KindRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
}

/** Finds resources by kind. */
export interface Discovery {
  /** Throws ClusterError `no-such-kind` if the server has not got it, after waiting `waitMs` (default 0) for it to come. */
  find(
    ref: KindRef,
    options?: { readonly waitMs?: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Resource>;
  /** The path of a kind's collection or, with a name, of an object. */
  path(ref: KindRef & { readonly name?: string }, options?: { readonly waitMs?: number }): Promise<string>;
}

/** Discovery over a connection. Each API group is asked for once. */
export function openDiscovery(connection: Connection): Discovery {
  const cache = new Map<string, Promise<readonly Resource[]>>();

  const resourcesOf = (apiVersion: string, fresh: boolean): Promise<readonly Resource[]> => {
    const known = fresh ? undefined : cache.get(apiVersion);
    if (known !== undefined) return known;
    const asked = fetchResources(connection, apiVersion);
    cache.set(apiVersion, asked);
    asked.catch(() => cache.delete(apiVersion));
    return asked;
  };

  const find: Discovery['find'] = async ({ apiVersion, kind }, { waitMs = 0, signal } = {}) => {
    const deadline = performance.now() + waitMs;
    for (let fresh = false; ; fresh = true) {
      const resources = await resourcesOf(apiVersion, fresh);
      const found = resources.find((resource) => resource.kind === kind);
      if (found !== undefined) return found;
      if (!fresh) continue;
      if (performance.now() >= deadline) throw noSuchKind(connection, apiVersion, kind);
      await sleep(250, signal);
    }
  };
  const path: Discovery['path'] = async (ref, options) => {
    const resource = await find(ref, options);
    return objectPath(connection, resource, ref);
  };
  return { find, path };
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

async function fetchResources(connection: Connection, apiVersion: string): Promise<readonly Resource[]> {
  try {
    const list = await sendJson(connection, { method: 'GET', path: groupPath(apiVersion) });
    const resources = (list as { resources?: readonly Resource[] } | undefined)?.resources ?? [];
    return resources
      .filter((resource) => !resource.name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ name, kind, namespaced }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

function objectPath(
  connection: Connection,
  resource: Resource,
  ref: KindRef & { readonly name?: string },
): string {
  const parts = [groupPath(ref.apiVersion)];
  if (resource.namespaced && ref.namespace !== undefined) {
    parts.push('namespaces', encodeURIComponent(ref.namespace));
  } else if (resource.namespaced && ref.name !== undefined) {
    throw new ClusterError('object', connection.source.name, {
      message: `${ref.kind} ${ref.name} names no namespace, and ${ref.kind} is a namespaced kind`,
    });
  }
  parts.push(resource.name);
  if (ref.name !== undefined) parts.push(encodeURIComponent(ref.name));
  return parts.join('/');
}

function noSuchKind(connection: Connection, apiVersion: string, kind: string): ClusterError {
  return new ClusterError('no-such-kind', connection.source.name, {
    message: `the API server has no kind ${kind} in ${apiVersion}`,
    remedy: `install what brings it (for networking.istio.io: istioctl install), or correct apiVersion and kind`,
  });
}

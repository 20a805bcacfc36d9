/** What a path of the API names. */
import type { IncomingHttpHeaders } from 'node:http';
import { parse } from 'yaml';
import { badRequest } from './errors.ts';
import { type Json, isRecord } from './json.ts';

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE`, taken apart. */
export interface Target {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** One request. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Reads a path; undefined if it names no resource. */
export function readTarget(path: string): Target | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const [group, version, ...rest] = core ? ['', ...parts.slice(1)] : parts.slice(1);
  if (group === undefined || version === undefined || rest.length === 0) return undefined;
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !isOfNamespace(rest[2]);
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural = '', name, ...sub] = inNamespace ? rest.slice(2) : rest;
  return { group, version, plural, namespace, name, subresource: sub.join('/') || undefined };
}

/** `/api/v1/namespaces/NAME/status` is a subresource of the namespace itself. */
const isOfNamespace = (part: string | undefined): boolean => part === 'status' || part === 'finalize';

/** The body as an object. Throws ApiError 400; an empty one is an empty object. */
export function readBody({ body, headers }: Asked): Json {
  const value = parseBody(body, headers['content-type'] ?? '');
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw badRequest('the body of the request is not an object');
  return value;
}

/** The body as JSON or YAML. Throws ApiError 400. */
export function parseBody(body: string, contentType: string): unknown {
  if (body.trim() === '') return undefined;
  try {
    return /yaml/.test(contentType) ? (parse(body) as unknown) : (JSON.parse(body) as unknown);
  } catch {
    throw badRequest('the body of the request could not be parsed');
  }
}

/** From a request to its answer. */
import type { ServerResponse } from 'node:http';
import type { Kubelet, Store } from '../types.ts';
import { deleteObjects, listObjects, watchObjects } from './collections.ts';
import { discover } from './discovery.ts';
import { badRequest, methodNotAllowed, noSuchResource } from './errors.ts';
import { findKind } from './kinds.ts';
import {
  type Answer,
  type Place,
  deleteObject,
  existing,
  inVersion,
  patchObject,
  postObject,
  putObject,
} from './resources.ts';
import { answerReview } from './reviews.ts';
import { serveLog, serveScale, serveToken } from './subresources.ts';
import { tableOf, wantsTable } from './table.ts';
import { type Asked, type Target, readBody, readTarget } from './target.ts';
import type { Attributes, Users } from './users.ts';
import type { History } from './watch.ts';

/** What a server consists of. */
export interface Parts {
  readonly store: Store;
  readonly kubelet: Kubelet;
  readonly users: Users;
  readonly history: History;
  readonly webhooks: Place['webhooks'];
}

const HEALTH = /^\/(livez|readyz|healthz)$/;

/** Answers a request; undefined where the response is a stream of its own. Throws ApiError. */
export function route(parts: Parts, asked: Asked, response: ServerResponse): Answer | undefined {
  const { users, store } = parts;
  const user = users.authenticate(asked.headers.authorization);
  const target = readTarget(asked.path);
  if (target !== undefined) users.require(user, deedOf(asked, target));
  else users.require(user, { verb: asked.method.toLowerCase(), path: asked.path });
  if (HEALTH.test(asked.path)) {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
    return undefined;
  }
  const found = asked.method === 'GET' ? discover(store, asked.path) : undefined;
  if (found !== undefined) return { code: 200, body: found };
  if (target === undefined) throw noSuchResource();
  const review =
    asked.method === 'POST' ? answerReview(asked.path, readBody(asked), { user, users }) : undefined;
  if (review !== undefined) return { code: 201, body: review };
  const place = { store, kind: findKind(store, target), target, asked, webhooks: parts.webhooks };
  if (target.subresource !== undefined) return routeSubresource(parts, place, response);
  const routed = target.name === undefined ? routeCollection : routeObject;
  return routed(parts, place, response);
}

const refused = ({ method }: Asked): Error =>
  methodNotAllowed(`the server does not allow ${method} on the requested resource`);

const isWatch = ({ query }: Asked): boolean => /^(1|true)$/.test(query.get('watch') ?? '');

/** The verb and resource by RBAC's names. */
export function deedOf(asked: Asked, { group, plural, namespace, name, subresource }: Target): Attributes {
  const collection = name === undefined;
  const verbs: Readonly<Record<string, string>> = {
    GET: isWatch(asked) ? 'watch' : collection ? 'list' : 'get',
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: collection ? 'deletecollection' : 'delete',
  };
  return {
    verb: verbs[asked.method] ?? asked.method.toLowerCase(),
    group,
    resource: plural,
    namespace,
    name,
    subresource,
  };
}

function routeCollection(parts: Parts, place: Place, response: ServerResponse): Answer | undefined {
  const { asked } = place;
  if (asked.method === 'POST') return postObject(place);
  if (asked.method === 'DELETE') return deleteObjects(place, parts.history);
  if (asked.method !== 'GET') throw refused(asked);
  return isWatch(asked) ? watchObjects(place, parts.history, response) : listObjects(place, parts.history);
}

function routeObject(parts: Parts, place: Place, response: ServerResponse): Answer | undefined {
  const { asked } = place;
  if (asked.method === 'PUT') return putObject(place);
  if (asked.method === 'PATCH') return patchObject(place);
  if (asked.method === 'DELETE') return deleteObject(place);
  if (asked.method !== 'GET') throw refused(asked);
  if (isWatch(asked)) return watchObjects(place, parts.history, response);
  const object = existing(place);
  const table = wantsTable(asked.headers.accept);
  const body = table ? tableOf(object.kind, [object], parts.history.version) : inVersion(place, object);
  return { code: 200, body };
}

function routeSubresource(parts: Parts, place: Place, response: ServerResponse): Answer | undefined {
  const { asked, kind, target } = place;
  const { subresource = '' } = target;
  if (!kind.subresources.includes(subresource)) throw noSuchResource();
  if (subresource === 'scale' && ['GET', 'PUT', 'PATCH'].includes(asked.method)) return serveScale(place);
  if (subresource === 'token' && asked.method === 'POST') return serveToken(place, parts.users);
  if (subresource === 'log' && asked.method === 'GET') return serveLog(place, parts.kubelet, response);
  if (subresource === 'exec') {
    throw badRequest('exec needs an upgrade to WebSocket (v5.channel.k8s.io or v4.channel.k8s.io)');
  }
  if (subresource !== 'status' || asked.method === 'DELETE') throw refused(asked);
  return routeObject(parts, place, response);
}

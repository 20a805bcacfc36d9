/** Lists, page by page, and watches of them. */
import type { ServerResponse } from 'node:http';
import type { Resource } from '../types.ts';
import { requestDeletion } from './deletion.ts';
import { expired, invalid } from './errors.ts';
import { groupVersion } from './kinds.ts';
import { type Answer, type Place, inVersion, isDryRun } from './resources.ts';
import { type Selector, fieldSelector, labelSelector } from './selectors.ts';
import { readBody } from './target.ts';
import { tableOf, wantsTable } from './table.ts';
import type { History } from './watch.ts';

const MAX_WATCH_SECONDS = 3600;

function selectorOf({ kind, target, asked }: Place): Selector {
  const labels = labelSelector(asked.query.get('labelSelector'));
  const fields = fieldSelector(asked.query.get('fieldSelector'));
  const { namespace, name } = target;
  return (object) =>
    (namespace === undefined || !kind.namespaced || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    labels(object) &&
    fields(object);
}

const keyOf = ({ metadata }: Resource): string => `${metadata.namespace ?? ''}/${metadata.name}`;
const byKey = (a: Resource, b: Resource): number => (keyOf(a) < keyOf(b) ? -1 : 1);

/** GET of a collection. Throws ApiError 410 for a continue token that is too old. */
export function listObjects(place: Place, history: History): Answer {
  const { kind, asked, store } = place;
  const [version = history.version, after = ''] = readToken(asked.query.get('continue'));
  if (history.isTooOld(Number(version))) {
    throw expired('The provided continue parameter is too old to display a consistent list result.');
  }
  const found = store
    .list(kind.kind, { group: kind.group })
    .filter(selectorOf(place))
    .sort(byKey)
    .filter((each) => keyOf(each) > after);
  const limit = Number(asked.query.get('limit') ?? 0) || found.length;
  const page = found.slice(0, limit);
  const last = page.at(-1);
  if (wantsTable(asked.headers.accept) && found.length <= limit) {
    return { code: 200, body: tableOf(kind.kind, page, history.version) };
  }
  const more = found.length > page.length && last !== undefined;
  const metadata = {
    resourceVersion: history.version,
    ...(more ? { continue: Buffer.from(`${version}:${keyOf(last)}`).toString('base64url') } : {}),
  };
  const apiVersion = groupVersion(place.target.group, place.target.version);
  // Items of a list carry neither apiVersion nor kind.
  const items = page.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
  return { code: 200, body: { kind: `${kind.kind}List`, apiVersion, metadata, items } };
}

function readToken(token: string | null): [version?: string, after?: string] {
  if (token === null || token === '') return [];
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const [, version = '0', after = ''] = /^(\d+):(.*)$/s.exec(text) ?? [];
  return [version, after];
}

/** GET with `watch`: answered by a stream. */
export function watchObjects(place: Place, history: History, response: ServerResponse): Answer | undefined {
  const { kind, asked, target } = place;
  const { query } = asked;
  if (query.get('sendInitialEvents') === 'true') {
    throw invalid('sendInitialEvents is forbidden: the embedded API server has no streaming lists');
  }
  const from = query.get('resourceVersion') ?? '';
  const seconds = Number(query.get('timeoutSeconds') ?? MAX_WATCH_SECONDS);
  const table = wantsTable(asked.headers.accept);
  const request = {
    apiVersion: groupVersion(target.group, target.version),
    group: kind.group,
    kind: kind.kind,
    selects: selectorOf(place),
    from: from === '' ? undefined : Number(from),
    bookmarks: query.get('allowWatchBookmarks') === 'true',
    timeoutMs: Math.min(MAX_WATCH_SECONDS, seconds) * 1000,
    present: (object: Resource) =>
      table ? tableOf(kind.kind, [object], history.version) : inVersion(place, object),
  };
  history.serve(request, response);
  return undefined;
}

/** DELETE of a collection. */
export function deleteObjects(place: Place, history: History): Answer {
  const selects = selectorOf(place);
  const { kind, group } = place.kind;
  if (isDryRun(place, readBody(place.asked))) return listObjects(place, history);
  for (const object of place.store.list(kind, { group }).filter(selects))
    requestDeletion(place.store, object);
  return listObjects(place, history);
}

/** Watches: every change in order from a resourceVersion on, 410 where it is too old, bookmarks. */
import type { ServerResponse } from 'node:http';
import type { Change, Resource, Store } from '../types.ts';
import { expired, statusOf } from './errors.ts';
import { kindsOf } from './kinds.ts';
import type { Selector } from './selectors.ts';
import { groupOf, keyOf } from './store.ts';

/** Changes that a watch can be begun again from; etcd keeps five minutes. */
const KEPT = 5000;
const BOOKMARK_MS = 5_000;

interface Recorded extends Change {
  readonly before: Resource | undefined;
  readonly version: number;
}

/** What a watch asks for. */
export interface WatchRequest {
  readonly group: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly selects: Selector;
  /** Missing or 0: what there is comes first. */
  readonly from: number | undefined;
  readonly bookmarks: boolean;
  /** Milliseconds after which the server ends it. */
  readonly timeoutMs: number;
  readonly present: (object: Resource) => unknown;
}

/** The changes of a store, kept for a while. */
export class History {
  readonly #store: Store;
  readonly #changes: Recorded[] = [];
  readonly #last = new Map<string, Resource>();
  readonly #followers = new Set<(change: Recorded) => void>();
  readonly stop: () => void;
  #forgotten = 0;
  #version = 1;

  constructor(store: Store) {
    this.#store = store;
    for (const { kind, group } of kindsOf(store))
      for (const object of store.list(kind, { group })) this.#remember(object);
    // What was there before cannot be told as changes.
    this.#forgotten = this.#version;
    this.stop = store.watch((change) => this.#record(change));
  }

  /** The newest resourceVersion. */
  get version(): string {
    return String(this.#version);
  }

  /** Whether a version is older than what is kept. */
  isTooOld(version: number): boolean {
    return version < this.#forgotten;
  }

  #remember(object: Resource): Resource | undefined {
    const key = `${object.kind}/${keyOf(object)}`;
    const before = this.#last.get(key);
    this.#last.set(key, object);
    this.#version = Math.max(this.#version, Number(object.metadata.resourceVersion));
    return before;
  }

  #record(change: Change): void {
    const before = this.#remember(change.object);
    const { object } = change;
    if (change.type === 'DELETED') this.#last.delete(`${object.kind}/${keyOf(object)}`);
    const recorded = { ...change, before, version: Number(object.metadata.resourceVersion) };
    this.#changes.push(recorded);
    if (this.#changes.length > KEPT) this.#forgotten = this.#changes.shift()?.version ?? this.#forgotten;
    for (const follower of [...this.#followers]) follower(recorded);
  }

  /** Streams changes to a response until it ends. */
  serve(request: WatchRequest, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const say = (type: string, object: unknown): void => {
      response.write(`${JSON.stringify({ type, object })}\n`);
    };
    const { from = 0, apiVersion, group, kind, selects, present } = request;
    if (from !== 0 && this.isTooOld(from)) {
      const why = `too old resource version: ${String(from)} (${String(this.#forgotten)})`;
      say('ERROR', statusOf(expired(why)));
      response.end();
      return;
    }
    const tell = (change: Recorded): void => {
      const type = typeFor(change, request);
      if (type !== undefined) say(type, present(change.object));
    };
    if (from !== 0) for (const change of this.#changes) if (change.version > from) tell(change);
    if (from === 0)
      for (const object of this.#store.list(kind, { group }).filter(selects)) say('ADDED', present(object));
    this.#followers.add(tell);
    const bookmark = (): void => {
      if (request.bookmarks)
        say('BOOKMARK', { apiVersion, kind, metadata: { resourceVersion: this.version } });
    };
    const bookmarks = setInterval(bookmark, BOOKMARK_MS);
    // The last bookmark is where a watcher that comes again can go on from.
    const end = setTimeout(() => {
      bookmark();
      response.end();
    }, request.timeoutMs);
    response.on('close', () => {
      this.#followers.delete(tell);
      clearInterval(bookmarks);
      clearTimeout(end);
    });
  }
}

/** An object that begins or ceases to be selected appears or disappears for the watcher. */
function typeFor(change: Recorded, { kind, group, selects }: WatchRequest): Change['type'] | undefined {
  const { type, object, before } = change;
  if (object.kind !== kind || groupOf(object.apiVersion) !== group) return undefined;
  const was = before !== undefined && selects(before);
  if (type === 'DELETED') return was ? 'DELETED' : undefined;
  const is = selects(object);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}

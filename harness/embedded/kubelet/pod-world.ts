/** What all pods of a kubelet share. */
import type { ClusterSpec, MeshHooks, Resource, Store } from '../types.ts';
import { tellEvent } from './events.ts';
import type { Still } from '../still.ts';

/** The surroundings of the pods of one node. */
export interface PodWorld {
  readonly spec: ClusterSpec;
  readonly store: Store;
  readonly mesh: MeshHooks;
  readonly addresses: { nextAddress(): string };
  readonly timeScale: number;
  /** What addresses begin with that packets of pods do not get to. */
  readonly lost: readonly string[];
  readonly still: Still;
  /** Where pods have their directories. */
  readonly directory: string;
  /** The words that run curl. */
  readonly curl: readonly string[];
}

/** Warns of a pod as its kubelet. */
export function tellOfPod(
  { store }: PodWorld,
  pod: Resource,
  event: { readonly reason: string; readonly message: string },
): void {
  tellEvent(store, pod, { ...event, type: 'Warning', component: 'kubelet' });
}

/** A text that grows at its end and forgets its beginning. */
export class Log {
  static readonly #LIMIT = 262_144;
  #text = '';

  add(text: string): void {
    this.#text = (this.#text + text).slice(-Log.#LIMIT);
  }

  get text(): string {
    return this.#text;
  }
}

/** A work queue: objects that may need something, each looked at once however often it was named. */
import { setImmediate as soon } from 'node:timers';
import type { Change, Resource, ResourceRef, Store } from '../types.ts';
import { isTerminating } from './views.ts';

/** A controller: which objects a change concerns, and what to do for each. */
export interface Controller {
  readonly concerns: (change: Change) => readonly ResourceRef[];
  /** Brings the world closer to what an object says that is not being deleted. */
  readonly reconcile: (object: Resource) => void;
}

/** What runs controllers. */
export interface Running {
  /** Looks at an object again after some time, in milliseconds. */
  again(controller: Controller, ref: ResourceRef, afterMs: number): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

const FIRST_RETRY_MS = 250;

/** Runs controllers over all that changes in the store. */
export function runControllers(store: Store, controllers: readonly Controller[]): Running {
  const queues = controllers.map(() => new Map<string, ResourceRef>());
  const timers = new Set<NodeJS.Timeout>();
  let paused = false;
  let stopped = false;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || paused || stopped) return;
    scheduled = true;
    soon(work);
  };
  const add = (index: number, refs: readonly ResourceRef[]): void => {
    for (const ref of refs) queues[index]?.set(`${ref.kind}/${ref.namespace ?? ''}/${ref.name}`, ref);
    if (refs.length > 0) schedule();
  };
  const later = (index: number, ref: ResourceRef, ms: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      add(index, [ref]);
    }, ms);
    timers.add(timer);
  };
  const work = (): void => {
    scheduled = false;
    if (paused || stopped) return;
    controllers.forEach(({ reconcile }, index) => {
      const waiting = [...(queues[index]?.values() ?? [])];
      queues[index]?.clear();
      for (const ref of waiting) {
        try {
          const object = store.get(ref);
          if (object !== undefined && !isTerminating(object)) reconcile(object);
        } catch {
          // As in Kubernetes: whatever was in the way, it is tried again.
          later(index, ref, FIRST_RETRY_MS);
        }
      }
    });
  };
  const unwatch = store.watch((change) => {
    controllers.forEach(({ concerns }, index) => add(index, concerns(change)));
  });
  return {
    again: (controller, ref, afterMs) => later(controllers.indexOf(controller), ref, afterMs),
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      schedule();
    },
    stop: () => {
      stopped = true;
      unwatch();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

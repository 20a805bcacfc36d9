/** What a container is doing, as a pod's status tells it. */
import { timestamp } from '../api-server/store.ts';

/** One of three. */
export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | {
      readonly terminated: {
        readonly exitCode: number;
        readonly reason: string;
        readonly finishedAt: string;
      };
    };

/** It ended now. */
export const terminated = (exitCode: number): ContainerState => ({
  terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: timestamp() },
});

/** It runs from now on. */
export const running = (): ContainerState => ({ running: { startedAt: timestamp() } });

/** A command that only waits needs no process. */
export const isSleep = ([program = '', ...rest]: readonly string[]): boolean =>
  /(^|\/)sleep$/.test(program) && rest.length === 1;

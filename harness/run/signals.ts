import { setMaxListeners } from 'node:events';

/** What ends a run early. */
export interface Ending {
  readonly signal: AbortSignal;
  /** Which signal of the system it was, if it was one. */
  readonly by: () => Signalled | undefined;
  release(): void;
}

/** A signal of the system, and when it came. */
interface Signalled {
  readonly signal: 'SIGINT' | 'SIGTERM';
  readonly signalledAt: string;
}

const NUMBERS = { SIGINT: 130, SIGTERM: 143 } as const;

/** npm hands on a signal that the terminal sent to all: within this time it is the same Ctrl-C, in milliseconds. */
const SAME_MS = 1000;

/** The first Ctrl-C ends the run in order: what was made is torn down, the report written. The second stops at once. */
export function listenForTheEnd(maxDurationMs: number | undefined): Ending {
  const controller = new AbortController();
  // Everything that waits or runs listens: how many are at once is no sign of a leak.
  setMaxListeners(0, controller.signal);
  let by: Signalled | undefined;
  let firstMs = 0;
  const onSignal = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (by !== undefined) {
      if (performance.now() - firstMs > SAME_MS) process.exit(NUMBERS[name]);
      return;
    }
    by = { signal: name, signalledAt: new Date().toISOString() };
    firstMs = performance.now();
    process.stderr.write(
      `\n${name}: tearing down; once more stops at once and leaves the rest to "npx meshproof clean"\n`,
    );
    controller.abort(new Error(`the run was ended by ${name}`));
  };
  const onInterrupt = (): void => {
    onSignal('SIGINT');
  };
  const onTerminate = (): void => {
    onSignal('SIGTERM');
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  const timer =
    maxDurationMs === undefined
      ? undefined
      : setTimeout(() => {
          controller.abort(new Error('the time of --max-duration is over'));
        }, maxDurationMs);
  return {
    signal: controller.signal,
    by: () => by,
    release: () => {
      clearTimeout(timer);
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}

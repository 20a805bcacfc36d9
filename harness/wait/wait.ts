/** Waiting: every wait has a deadline, can be aborted, and says what it last saw. */

/** A wait that reached its deadline. The message is for users: what was awaited, how long, what was seen last. */
export class WaitTimeout extends Error {
  override readonly name = 'WaitTimeout';
  readonly what: string;
  readonly timeoutMs: number;
  readonly lastSaw: string;

  constructor(what: string, timeoutMs: number, lastSaw: string) {
    super(`waited ${duration(timeoutMs)} for ${what}; last seen: ${lastSaw}`);
    this.what = what;
    this.timeoutMs = timeoutMs;
    this.lastSaw = lastSaw;
  }
}

/** Milliseconds as people say them: `250 ms`, `1.5 s`, `4 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 120_000) return `${String(Number((ms / 1000).toFixed(1)))} s`;
  return `${String(Number((ms / 60_000).toFixed(1)))} min`;
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const finish = (): void => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    const abort = (): void => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** What bounds a piece of work. */
export interface Bounds {
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The error for the deadline. */
  readonly onTimeout: () => Error;
}

/**
 * Runs `work` with a signal that aborts at the deadline or with the outer signal, and settles then even if the work
 * ignores it. (Not by AbortSignal.any: under Node 20 it leaves something behind on the outer signal for each call, and waits are many.)
 */
export function bounded<T>(bounds: Bounds, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal } = bounds;
  return new Promise<T>((resolve, reject) => {
    const controller = new AbortController();
    const stop = (reason: Error): void => {
      release();
      reject(reason);
      controller.abort(reason);
    };
    const abort = (): void => {
      stop(abortReason(signal));
    };
    const timer = setTimeout(() => {
      stop(bounds.onTimeout());
    }, bounds.timeoutMs);
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    // Promise.resolve().then, so that work which throws at once is a rejection too.
    Promise.resolve()
      .then(() => work(controller.signal))
      .finally(release)
      .then(resolve, reject);
  });
}

/** How to wait. Times are milliseconds. */
export interface PollOptions {
  /** What is awaited, as the object of "waited 30 s for …". */
  readonly what: string;
  readonly timeoutMs: number;
  /** Between the end of an attempt and the start of the next. @default 1000 */
  readonly intervalMs?: number;
  /** Longest that one attempt may take before it is given up and tried again. @default 20_000 */
  readonly attemptTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether an error thrown by an attempt is only noted and the wait goes on. @default no error is */
  readonly isTransient?: (error: unknown) => boolean;
}

/** One look: the value when the wait is over, undefined to look again. `saw` notes what there was instead. */
export type Attempt<T> = (saw: (text: string) => void, signal: AbortSignal) => Promise<T | undefined>;

class AttemptTimeout extends Error {}

/** From here on, an attempt without an answer is worth telling, in milliseconds. */
const HANGING_MS = 1000;

/**
 * Looks until `attempt` gives a value. Throws WaitTimeout at the deadline, also when an attempt hangs; the attempt's own
 * error unless it is transient; the signal's reason when aborted.
 */
export async function poll<T>(options: PollOptions, attempt: Attempt<T>): Promise<T> {
  const { what, timeoutMs, intervalMs = 1000, attemptTimeoutMs = 20_000, signal } = options;
  const deadline = performance.now() + timeoutMs;
  let lastSaw = 'nothing yet';
  let hung = '';
  let answered = false;
  const saw = (text: string): void => {
    lastSaw = text;
    answered = true;
    hung = '';
  };
  for (;;) {
    const left = deadline - performance.now();
    if (left <= 0) throw new WaitTimeout(what, timeoutMs, lastSaw + hung);
    const attemptMs = Math.min(left, attemptTimeoutMs);
    const onTimeout = (): Error => new AttemptTimeout();
    try {
      const value = await bounded({ timeoutMs: attemptMs, signal, onTimeout }, (inner) =>
        attempt(saw, inner),
      );
      if (value !== undefined) return value;
      answered = true;
      hung = '';
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal);
      if (error instanceof AttemptTimeout) {
        // An attempt cut short by the deadline says nothing about what it asked.
        if (!answered || attemptMs >= HANGING_MS) hung = `; then no answer for ${duration(attemptMs)}`;
      } else if (options.isTransient?.(error)) saw(error instanceof Error ? error.message : String(error));
      else throw error;
    }
    await sleep(Math.max(0, Math.min(intervalMs, deadline - performance.now())), signal);
  }
}

/** An aborted signal's reason, always as an Error. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error(typeof reason === 'string' ? reason : 'aborted');
}

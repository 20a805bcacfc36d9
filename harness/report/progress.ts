import type { RunEvent } from './events.ts';
import { createLiveProgress } from './progress-live.ts';
import { createPlainProgress } from './progress-plain.ts';
import { isLive } from './style.ts';
import type { Env, Screen } from './style.ts';

/** Tells people who watch what is going on. */
export interface ProgressDisplay {
  handle(event: RunEvent): void;
  /** Leaves the screen as a person wants it, and stops all timers. */
  stop(): void;
}

/** Where progress is shown. */
export interface ProgressTarget {
  /** @default process.stderr: results go to standard output */
  readonly stream?: Screen & { write(text: string): unknown };
  /** @default process.env */
  readonly env?: Env;
}

/** On a terminal lines that are written anew; in CI and in files a line for each thing that happens, and a heartbeat. */
export function createProgress({
  stream = process.stderr,
  env = process.env,
}: ProgressTarget = {}): ProgressDisplay {
  return isLive(stream, env) ? createLiveProgress(stream, env) : createPlainProgress(stream, env);
}

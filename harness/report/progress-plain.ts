import type { ProgressDisplay } from './progress.ts';
import { ProgressState } from './progress-state.ts';
import { colorsFor } from './style.ts';
import type { Env, Screen } from './style.ts';

/** CI systems end jobs that say nothing for long; people wonder earlier. Milliseconds. */
const HEARTBEAT_MS = 30_000;

/** A timestamped line for each thing that happens; after 30 s of silence one that says what is awaited. */
export function createPlainProgress(
  stream: Screen & { write(text: string): unknown },
  env: Env,
): ProgressDisplay {
  const state = new ProgressState();
  const colors = colorsFor(stream, env);
  const write = (line: string): void => {
    stream.write(`${colors.dim(`${new Date().toISOString().slice(11, 19)}Z`)}  ${line}\n`);
    timer.refresh();
  };
  const timer = setInterval(() => {
    const awaited = state.awaited(Date.now());
    write(awaited.length === 0 ? 'still here, nothing is under way' : `still: ${awaited.join(' · ')}`);
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    handle: (event) => {
      for (const line of state.take(event, { colors, nowMs: Date.now() })) write(line);
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}

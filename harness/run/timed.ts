import type { StageName } from '../report/types.ts';
import type { Run } from './setup.ts';

/** A part of a run that the report tells the time of. */
export interface TimedStage {
  readonly name: StageName;
  readonly suite?: string;
  readonly variant?: string;
  readonly cluster?: string;
}

/** Runs a stage and logs when it began, how long it took, and why it failed. */
export async function timed<T>(run: Pick<Run, 'log'>, stage: TimedStage, body: () => Promise<T>): Promise<T> {
  const { name, suite, variant, cluster } = stage;
  const where = {
    name,
    ...(suite === undefined ? {} : { suite }),
    ...(variant === undefined ? {} : { variant }),
    ...(cluster === undefined ? {} : { cluster }),
  };
  const began = performance.now();
  const durationMs = (): number => Math.round(performance.now() - began);
  run.log.append({ type: 'stage', state: 'started', ...where });
  try {
    const result = await body();
    run.log.append({ type: 'stage', state: 'done', ...where, durationMs: durationMs() });
    return result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    run.log.append({ type: 'stage', state: 'failed', ...where, durationMs: durationMs(), message });
    throw error;
  }
}

import type { RunOptions } from '../options/types.ts';
import type { Defaults } from '../report/types.ts';
import { DEFAULTS } from '../verdict/defaults.ts';
import type { Risk } from '../verdict/types.ts';

/** Every number that the verdicts of a run assume, as its report states them. Durations in milliseconds. */
export function declaredDefaults(options: RunOptions, risk: Risk): Defaults {
  const flat = Object.entries(DEFAULTS).filter(([, value]) => typeof value === 'number') as [
    string,
    number,
  ][];
  return {
    ...Object.fromEntries(flat),
    ...risk,
    pacedRequestsPerSecond: options.rate,
    scaleErrors: options.scaleErrors,
    scaleWithinMs: options.scaleWithin,
    outageErrors: options.outageErrors,
    outageWithinMs: options.outageWithin,
    returnWithinMs: options.returnWithin,
    workers: options.workers,
  };
}

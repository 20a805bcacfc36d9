import type { RunOptions } from '../options/types.ts';
import { plan } from './plan.ts';
import { described, preflight } from './preflight.ts';

/** Runs the preflight alone: 0 if a run could begin, else 2. */
export async function doctor(asked: RunOptions): Promise<number> {
  const planned = await plan(asked);
  const { options } = planned;
  const findings = await preflight(planned, options);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ provider: planned.provider, findings }, null, 2)}\n`);
  } else {
    for (const finding of findings) process.stdout.write(`${described(finding)}\n`);
    const checks = `${String(planned.checks)} checks with --provider ${planned.provider}`;
    process.stdout.write(
      errors === 0 ? `ready for ${checks}\n` : `${String(errors)} problems stand in the way of ${checks}\n`,
    );
  }
  return errors === 0 ? 0 : 2;
}

import { createHash } from 'node:crypto';
import type { ScenarioFile } from './context.ts';

/** Longest name of a namespace: a DNS label. */
const LONGEST = 63;

/**
 * The namespace that a scenario has to itself; never used twice, so that nothing of before can be in it. Suites may share
 * clusters and have scenarios of one name, and long names are cut: the digits at the end tell them apart.
 */
export function namespaceOf(
  run: { readonly runId: string; readonly variant: string },
  file: Pick<ScenarioFile, 'suite' | 'name'>,
): string {
  const whole = [file.suite, run.variant, file.name].join('/');
  const digits = createHash('sha256').update(whole).digest('hex').slice(0, 5);
  const legible = `meshproof-${run.runId}-${run.variant}-${file.name}`.slice(0, LONGEST - digits.length - 1);
  return `${legible.replace(/-+$/, '')}-${digits}`;
}

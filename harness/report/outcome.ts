import type { CheckRecord } from './types.ts';

/** Exit codes of `meshproof run`, with what they say. 130 and 143 are those of signals. */
export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  0: 'every check that was judged is conformant',
  1: 'at least one check is non-conformant',
  2: 'usage or configuration',
  3: 'something could not be decided, set-up died, or with --strict-teardown something is left',
  4: 'nothing was judged',
  130: 'interrupted',
  143: 'terminated',
};

/** How many checks ended in each verdict. */
export type VerdictCounts = Record<CheckRecord['verdict'], number>;

/** Counts verdicts. */
export function countVerdicts(checks: readonly Pick<CheckRecord, 'verdict'>[]): VerdictCounts {
  const counts: VerdictCounts = { conformant: 0, 'non-conformant': 0, inconclusive: 0, skipped: 0 };
  for (const check of checks) counts[check.verdict] += 1;
  return counts;
}

/** The verdict of a whole run: the worst of its checks; `skipped` when none was judged. */
export function verdictOf(checks: readonly Pick<CheckRecord, 'verdict'>[]): CheckRecord['verdict'] {
  const counts = countVerdicts(checks);
  if (counts['non-conformant'] > 0) return 'non-conformant';
  if (counts.inconclusive > 0) return 'inconclusive';
  return counts.conformant > 0 ? 'conformant' : 'skipped';
}

/**
 * The exit code of a run. A set-up that died counts as an inconclusive check (the fold of the events makes it one).
 *
 * @param signal by which the run was ended, e.g. `SIGINT`
 */
export function exitCodeOf(checks: readonly Pick<CheckRecord, 'verdict'>[], signal?: string | null): number {
  if (signal === 'SIGTERM') return 143;
  if (typeof signal === 'string') return 130;
  const codes = { 'non-conformant': 1, inconclusive: 3, skipped: 4, conformant: 0 };
  return codes[verdictOf(checks)];
}

import type { CheckRecord } from './types.ts';

const BEFORE = '; before that: ';

/**
 * A check that is skipped by a run that goes on with another. What was not decided then is not undone by that: it stays
 * undecided, with its message.
 *
 * @param undecided why it was inconclusive before; undefined if it was not
 */
export function skippedAfter(
  undecided: string | undefined,
  message: string,
): Partial<Pick<CheckRecord, 'verdict' | 'reason' | 'message'>> {
  if (undecided === undefined) return {};
  const first = undecided.split(BEFORE).at(-1) ?? undecided;
  return { verdict: 'inconclusive', reason: 'skipped', message: `${message}${BEFORE}${first}` };
}

import { fit, oneLine } from '../report/text.ts';
import type { Answer } from '../traffic/types.ts';
import type { Verdict } from '../verdict/types.ts';

const FROM_WORST = ['non-conformant', 'inconclusive', 'conformant', 'skipped'] as const;

/** The worst of several verdicts. */
export const worst = (...verdicts: readonly Verdict[]): Verdict =>
  FROM_WORST.find((verdict) => verdicts.includes(verdict)) ?? 'inconclusive';

/** Sentences in a row, without the empty ones. */
export const joined = (...sentences: readonly string[]): string =>
  sentences.filter((text) => text !== '').join('; ');

/** A list as people write it. */
export const caption = (names: readonly string[]): string => names.join(', ');

/** Milliseconds to one decimal of a second. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** How calls were lost, each kind with its count. */
export function kindsOf(lost: readonly Answer[]): string {
  const kinds = new Map<string, number>();
  for (const { failure = 'error', status } of lost) {
    const kind = failure === 'status' ? `HTTP ${String(status)}` : failure;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => `${String(count)} × ${kind}`).join(', ');
}

/** Of the reason for which a stream broke: after it comes the whole loop, to be pasted. */
const LONGEST_REASON = 200;

/** A stream of answers that ended before its loop did. */
export const brokenStream = (from: string, why = 'no trailer'): string =>
  `the stream from ${from} broke: ${fit(oneLine(why), LONGEST_REASON)}`;

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

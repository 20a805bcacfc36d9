import { parseAnswers } from './answers.ts';
import { withJsonNumbers } from './json-numbers.ts';
import { SequentialTest } from './sequential-test.ts';
import type { Assessment, Rule } from './types.ts';

/** What `meshproof judge` prints: plain JSON; an infinite number is the word "Infinity" or "-Infinity". */
export type Judgement = Readonly<Record<string, unknown>> &
  Pick<Assessment, 'verdict' | 'reason' | 'message'>;

/** The judgement of a test as it stands, with how many answers were read in all. */
export function judgementOf(test: SequentialTest): Judgement {
  const { verdict, reason, message, ...seen } = test.assess();
  const numbers = {
    requests: seen.requests,
    total: test.total,
    counts: seen.counts,
    shares: seen.shares,
    logEvidenceFor: seen.logEvidenceFor,
    logEvidenceAgainst: seen.logEvidenceAgainst,
    dependence: seen.dependence,
    risk: seen.risk,
    plan: seen.plan,
    ...(seen.switchMs && { switchMs: seen.switchMs, errors: seen.errors }),
  };
  return { verdict, reason, message, ...(withJsonNumbers(numbers) as typeof numbers) };
}

/** Which answers are judged, and who hears of lines that are none. */
export interface JudgingOptions {
  /** Milliseconds since 1970. Answers that are known to have arrived before it are another phase's. */
  readonly since?: number;
  /** Milliseconds since 1970. So are those from it on. */
  readonly until?: number;
  /** For each line that is no answer, and counts as a lost call. */
  readonly onUnparsable?: () => void;
}

/** Judges answers that were recorded, line by line, as they would have been judged while they came. */
export async function judge(
  rule: Rule,
  lines: Iterable<string> | AsyncIterable<string>,
  { since = -Infinity, until = Infinity, onUnparsable }: JudgingOptions = {},
): Promise<Judgement> {
  const test = new SequentialTest(rule);
  for await (const observation of parseAnswers(lines, onUnparsable)) {
    const { receivedMs } = observation;
    if (receivedMs === undefined || (receivedMs >= since && receivedMs < until)) test.observe(observation);
  }
  return judgementOf(test);
}

/** Exit code of a verdict: conformant 0, non-conformant 1, inconclusive 3. */
export function exitCodeOf(verdict: Assessment['verdict']): 0 | 1 | 3 {
  return ({ conformant: 0, 'non-conformant': 1, inconclusive: 3 } as const)[verdict];
}

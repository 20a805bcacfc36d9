/** Which counts pass at a given number of answers, and how likely they are: the planner's arithmetic (F13). */
import { isDecisive } from '../claims/claim.ts';
import type { ExpectedShare } from '../claims/distribution.ts';
import { centredPrior, logEvidenceAt, logEvidenceForBound } from '../evidence/mixture.ts';
import { binomialAtLeast, binomialAtMost } from '../numerics/incomplete-beta.ts';
import { leastInteger } from '../numerics/bisect.ts';

/**
 * Probability that n independent answers, drawn at the expected share, do not pass.
 * The counts that pass are an interval, because the evidence at either edge is monotone in the count.
 */
export function missOfShare(expected: ExpectedShare, answers: number, falsePass: number): number {
  const { share, margin } = expected;
  const [low, high] = [share - margin, share + margin];
  const prior = centredPrior(share, margin);
  const rulesOut = (hits: number, edge: number): boolean =>
    isDecisive(logEvidenceAt({ hits, misses: answers - hits }, edge, prior), falsePass);
  const least = low > 0 ? leastInteger(0, answers, (hits) => hits / answers > low && rulesOut(hits, low)) : 0;
  const beyond =
    high < 1
      ? leastInteger(0, answers, (hits) => !(hits / answers < high && rulesOut(hits, high)))
      : answers + 1;
  if (least >= beyond) return 1;
  return binomialAtMost(least - 1, answers, share) + binomialAtLeast(beyond, answers, share);
}

/** Fewest answers, a multiple of the step, at which so many bad ones still pass a bound. */
export function answersForBad(
  bad: number,
  bound: { limit: number; step: number; falsePass: number },
): number {
  const passes = (steps: number): boolean => {
    const answers = steps * bound.step;
    const misses = answers - bad;
    return (
      misses >= 0 && isDecisive(logEvidenceForBound({ hits: bad, misses }, bound.limit), bound.falsePass)
    );
  };
  let reach = 1;
  while (!passes(reach)) reach *= 2;
  return leastInteger(1, reach, passes) * bound.step;
}

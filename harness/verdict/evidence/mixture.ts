/**
 * Mixture e-processes for one share among independent answers (Robbins 1970; Howard et al. 2021): the likelihood of
 * the answers averaged over a Beta prior, over their likelihood at a share that the null hypothesis allows.
 * By Ville's inequality it exceeds 1/α with probability at most α, however often one looks. Formulas F1, F2, F3, F8.
 */
import { DEFAULTS } from '../defaults.ts';
import { lnBeta } from '../numerics/ln-beta.ts';
import { xLogY } from '../numerics/log-space.ts';

/** Answers of one label (hits) and of all others (misses). */
export interface Tries {
  readonly hits: number;
  readonly misses: number;
}

/** Parameters a and b of a Beta distribution. */
export interface BetaPrior {
  readonly a: number;
  readonly b: number;
}

/** An interval of shares. A bound at or beyond 0 or 1 bounds nothing. */
export interface ShareRange {
  readonly low: number;
  readonly high: number;
}

/** The prior of Krichevsky and Trofimov (Jeffreys): no expectation at all. */
export const UNINFORMED: BetaPrior = { a: 0.5, b: 0.5 };

/** The prior around an expected share whose standard deviation is a third of the margin. */
export function centredPrior(share: number, margin: number): BetaPrior {
  const weight = Math.max((share * (1 - share)) / (margin / 3) ** 2 - 1, 2);
  return { a: weight * share, b: weight * (1 - share) };
}

/** ln M(q): the evidence against a share of exactly q (F1). */
export function logEvidenceAt(tries: Tries, q: number, prior: BetaPrior): number {
  const { hits, misses } = tries;
  const marginal = lnBeta(prior.a + hits, prior.b + misses) - lnBeta(prior.a, prior.b);
  return marginal - xLogY(hits, q) - xLogY(misses, 1 - q);
}

/**
 * Natural logarithm of the evidence against every share outside the range, which is evidence for it (F2).
 * M(q) is quasi-convex with its minimum at the observed share, so the least of it is at an edge, or there.
 * A range that leaves nothing outside gets no evidence: there is nothing to refute.
 */
export function logEvidenceOutside(tries: Tries, range: ShareRange, prior: BetaPrior): number {
  const answers = tries.hits + tries.misses;
  if (answers === 0) return 0;
  const observed = tries.hits / answers;
  const edges = [range.low, range.high].filter((edge) => edge > 0 && edge < 1);
  const beyond = (range.low > 0 && observed <= range.low) || (range.high < 1 && observed >= range.high);
  const worst = beyond ? [observed] : edges;
  if (worst.length === 0) return 0;
  return Math.min(...worst.map((q) => logEvidenceAt(tries, q, prior)));
}

/** Natural logarithm of the evidence against every share inside the range (F3). */
export function logEvidenceInside(tries: Tries, range: ShareRange): number {
  const answers = tries.hits + tries.misses;
  if (answers === 0) return 0;
  const nearest = Math.min(Math.max(tries.hits / answers, range.low, 0), range.high, 1);
  return logEvidenceAt(tries, nearest, UNINFORMED);
}

/** Evidence for and against "the share of bad answers is below the limit" (F8). */
export function boundEvidence(bad: Tries, limit: number): { logFor: number; logAgainst: number } {
  return {
    logFor: logEvidenceForBound(bad, limit),
    logAgainst: logEvidenceInside(bad, { low: 0, high: limit * DEFAULTS.acceptableOfBound }),
  };
}

/** Evidence for a share of bad answers below the limit (F8). */
export function logEvidenceForBound(bad: Tries, limit: number): number {
  return logEvidenceOutside(bad, { low: 0, high: limit }, { a: 0.5, b: 2 / limit });
}

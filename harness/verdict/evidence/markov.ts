/**
 * Evidence for and against a share that holds for independent answers and for any sticky or alternating ones that a
 * two-state chain describes (F4): mixture over chains, over the largest likelihood that the null hypothesis allows
 * (universal inference: Wasserman, Ramdas & Balakrishnan 2020).
 */
import { DEFAULTS } from '../defaults.ts';
import { lnBeta } from '../numerics/ln-beta.ts';
import { logAdd } from '../numerics/log-space.ts';
import { logLargestLikelihood } from './chain.ts';
import type { Transitions } from './chain.ts';
import { UNINFORMED } from './mixture.ts';
import type { BetaPrior, ShareRange } from './mixture.ts';

/** ln of the probability of one row of transitions under a Beta prior. */
function logRow(moves: number, stays: number, { a, b }: BetaPrior): number {
  return lnBeta(a + moves, b + stays) - lnBeta(a, b);
}

/** ln of the probability of all transitions under one prior for u and one for v. */
function logMixture(seen: Transitions, u: BetaPrior, v: BetaPrior): number {
  return logRow(seen.n01, seen.n00, u) + logRow(seen.n10, seen.n11, v);
}

/** Natural logarithm of the evidence for a share inside the range, expected at `share`, however sticky the answers. */
export function logChainEvidenceOutside(seen: Transitions, range: ShareRange, share: number): number {
  const weight = DEFAULTS.independencePrior;
  const [label, others] = [weight * share, weight * (1 - share)];
  const independent = logMixture(seen, { a: label, b: others }, { a: others, b: label });
  const mixture = logAdd(independent, logMixture(seen, UNINFORMED, UNINFORMED)) - Math.LN2;
  const nulls: ShareRange[] = [];
  if (range.low > 0) nulls.push({ low: 0, high: range.low });
  if (range.high < 1) nulls.push({ low: range.high, high: 1 });
  return mixture - Math.max(...nulls.map((side) => logLargestLikelihood({ ...side, leastSpeed: 0 }, seen)));
}

/** Natural logarithm of the evidence against a share inside the range with blocks stretched at most `maxBlock`-fold. */
export function logChainEvidenceInside(seen: Transitions, range: ShareRange, maxBlock: number): number {
  const [leaves0, leaves1] = [seen.n01 + seen.n00, seen.n10 + seen.n11];
  const speed = leaves0 > 0 && leaves1 > 0 ? seen.n01 / leaves0 + seen.n10 / leaves1 : 1;
  const nothing = {
    low: Math.max(range.low, 0),
    high: Math.min(range.high, 1),
    leastSpeed: Math.min(speed, 1 / maxBlock),
  };
  return logMixture(seen, UNINFORMED, UNINFORMED) - logLargestLikelihood(nothing, seen);
}

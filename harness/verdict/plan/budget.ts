import { expectedShares, freeShares } from '../claims/distribution.ts';
import { minShareOf } from '../claims/reaches.ts';
import { DEFAULTS } from '../defaults.ts';
import { answersToRuleOut } from '../evidence/zero.ts';
import { cleanRunOf } from '../failover.ts';
import { leastInteger } from '../numerics/bisect.ts';
import { binomialAtLeast } from '../numerics/incomplete-beta.ts';
import type { DistributionRule, FailoverRule, ReachesRule, Risk } from '../types.ts';
import { answersForBad, missOfShare } from './region.ts';

/** Expected and greatest number of requests until a verdict, on target. */
export interface Need {
  readonly expected: number;
  readonly most: number;
}

/** More rounds than these are no plan. */
const MOST_ROUNDS = 2 ** 30;

/** At so many points the probability of being still undecided is computed for the expectation. */
const GRID = 128;

const roundUp = (requests: number): number => Math.ceil(requests / DEFAULTS.round) * DEFAULTS.round;

/**
 * Expected requests until the first decisive look: the sum over the looks of the probability that none was before.
 * That of one look bounds it from above, so the expectation errs on the long side.
 */
function expectation(most: number, miss: (answers: number) => number): number {
  const stride = DEFAULTS.round * Math.max(1, Math.ceil(most / DEFAULTS.round / GRID));
  let expected = 0;
  for (let answers = 0; answers < most; answers += stride) expected += answers === 0 ? 1 : miss(answers);
  return Math.min(most, roundUp(expected * stride));
}

/** Least multiple of a round at which the probability of being undecided is as small as planned. */
function leastDecisive(miss: (answers: number) => number): number {
  const isEnough = (rounds: number): boolean => miss(rounds * DEFAULTS.round) <= DEFAULTS.budgetMiss;
  let reach = 2;
  while (!isEnough(reach) && reach < MOST_ROUNDS) reach *= 2;
  return reach < MOST_ROUNDS ? leastInteger(reach / 2 + 1, reach - 1, isEnough) * DEFAULTS.round : Infinity;
}

/** Requests until a foreign share of `leakLimit` is ruled out: the same number always. */
export function needOfAbsence(leakLimit: number, risk: Risk): Need {
  const most = roundUp(answersToRuleOut(leakLimit, risk.falsePass));
  return { expected: most, most };
}

export function needOfDistribution(rule: DistributionRule, risk: Risk): Need {
  const shares = expectedShares(rule);
  const absence = needOfAbsence(rule.leakLimit ?? DEFAULTS.leakLimit, risk);
  if (shares.length === 1) return absence;
  const free = freeShares(shares);
  const miss = (answers: number): number =>
    Math.min(
      1,
      free.reduce((sum, share) => sum + missOfShare(share, answers, risk.falsePass), 0),
    );
  const independent = leastDecisive(miss);
  if (independent === Infinity) return { expected: Infinity, most: Infinity };
  const floor = shares.length < Object.keys(rule.weights).length ? absence.most : 0;
  const robust = (requests: number): number => Math.max(floor, roundUp(requests * DEFAULTS.robustnessCost));
  return { expected: robust(expectation(independent, miss)), most: robust(independent) };
}

/** Requests until a share of bad answers below the limit is shown, when the true one is `background`. */
export function needOfBound(limit: number, background: number, risk: Risk): Need {
  const bound = { limit, step: DEFAULTS.round, falsePass: risk.falsePass };
  const passesUpTo: number[] = [];
  for (let bad = 0; ; bad++) {
    const answers = answersForBad(bad, bound);
    passesUpTo.push(answers);
    if (binomialAtLeast(bad + 1, answers, background) > DEFAULTS.budgetMiss) continue;
    const miss = (n: number): number => {
      const tooMany = passesUpTo.findIndex((needed) => needed > n);
      return tooMany < 0 ? 0 : binomialAtLeast(tooMany, n, background);
    };
    return { expected: expectation(answers, miss), most: answers };
  }
}

/** Requests until a label that never answers is missed; labels that do are seen long before. */
export function needOfReaches(rule: ReachesRule, risk: Risk): Need {
  const share = minShareOf(rule);
  const missing = answersToRuleOut(share / DEFAULTS.maxBlock, risk.falseFail / rule.labels.length);
  const unseen = (answers: number): number => Math.min(1, rule.labels.length * (1 - share) ** answers);
  const most = Math.max(roundUp(missing), DEFAULTS.minForFail);
  return { expected: expectation(most, unseen), most };
}

/** Calls of one caller at the assumed pace until the limit has passed, and the clean run after it. */
export function needOfFailover(rule: FailoverRule, risk: Risk): Need {
  const run = cleanRunOf(rule, risk);
  return { expected: run, most: run + Math.ceil(rule.withinMs / DEFAULTS.failoverPaceMs) };
}

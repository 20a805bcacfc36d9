import { boundEvidence, logEvidenceForBound } from '../evidence/mixture.ts';
import type { ErrorRateRule, ShareRule } from '../types.ts';
import { ERROR_LABEL } from '../types.ts';
import type { Claim } from './claim.ts';

/**
 * A preferred label answers at least so often: the share of other answers is below the rest (F8).
 * Where connections repeat, every other answer speaks against a pass, the preferred label only where it came first. The
 * risk of a false pass stays: other answers on top never raise that evidence above none, or above that of the first
 * answers. Only first answers can fail the claim: a connection that stays with one pod repeats one draw, and taken for
 * many, a few unlucky connections of an acceptable mesh would refute it.
 */
export function shareClaim(rule: ShareRule): Claim {
  const limit = 1 - rule.atLeast;
  return {
    labels: [rule.label],
    countsErrors: false,
    needsHomogeneity: true,
    isFact: () => false,
    isRefuted: () => false,
    evidence(tally) {
      const [hits, misses] = [tally.count(), tally.count(rule.label)];
      return {
        logFor: logEvidenceForBound({ hits: hits + tally.repeatedOthers, misses }, limit),
        logAgainst: boundEvidence({ hits, misses }, limit).logAgainst,
      };
    },
  };
}

/**
 * Fewer calls than this end in an error (F8). Where connections repeat, every error counts but only the first success
 * of a connection speaks for the claim, while all successes speak against its failure: both sides stay cautious.
 */
export function errorRateClaim(rule: ErrorRateRule): Claim {
  return {
    labels: [ERROR_LABEL],
    countsErrors: true,
    needsHomogeneity: false,
    isFact: (label) => label === ERROR_LABEL,
    isRefuted: () => false,
    evidence(tally) {
      const errors = tally.count(ERROR_LABEL);
      const successes = tally.count();
      const all = { hits: errors, misses: successes + tally.repeats };
      return {
        logFor: logEvidenceForBound({ hits: errors, misses: successes }, rule.below),
        logAgainst: boundEvidence(all, rule.below).logAgainst,
      };
    },
  };
}

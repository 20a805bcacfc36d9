import { DEFAULTS } from '../defaults.ts';
import { shareEvidence } from '../evidence/share.ts';
import type { ShareClaim } from '../evidence/share.ts';
import { logEvidenceOfAbsence } from '../evidence/zero.ts';
import { logMeanExp } from '../numerics/log-space.ts';
import type { DistributionRule } from '../types.ts';
import { REFUTED } from './claim.ts';
import type { Claim } from './claim.ts';

/** A label with a positive weight, and what is claimed of its share. */
export type ExpectedShare = ShareClaim & { readonly label: string };

/** min(0.10, θ/2, (1−θ)/2): ten points, and never so wide that an expected share could pass for none or for all. */
export function defaultMargin(share: number): number {
  return Math.min(DEFAULTS.margin, share / 2, (1 - share) / 2);
}

/** The labels that a distribution expects to answer, in its order. */
export function expectedShares(rule: DistributionRule): readonly ExpectedShare[] {
  const positive = Object.entries(rule.weights).filter(([, weight]) => weight > 0);
  const total = positive.reduce((sum, [, weight]) => sum + weight, 0);
  return positive.map(([label, weight]) => {
    const share = weight / total;
    const margin = rule.margin ?? defaultMargin(share);
    const acceptable = rule.acceptable ?? margin * DEFAULTS.acceptableOfMargin;
    return { label, share, margin, acceptable, maxBlock: rule.maxBlock ?? DEFAULTS.maxBlock };
  });
}

/** Of two labels the share of one settles the other's. */
export function freeShares(shares: readonly ExpectedShare[]): readonly ExpectedShare[] {
  const [first, second] = shares;
  if (shares.length !== 2 || first === undefined || second === undefined) return shares;
  return [first.share <= second.share ? first : second];
}

/**
 * Every share lies within its margin: evidence for it is the least over the labels (intersection–union: Berger 1982),
 * evidence against it the mean (F5). A label with weight 0, or none, never answers (F6).
 */
export function distributionClaim(rule: DistributionRule): Claim {
  const shares = expectedShares(rule);
  const free = freeShares(shares);
  const leakLimit = rule.leakLimit ?? DEFAULTS.leakLimit;
  const hasZeros = shares.length < Object.keys(rule.weights).length;
  const labels = shares.map(({ label }) => label);
  return {
    labels,
    countsErrors: false,
    needsHomogeneity: true,
    isFact: (label) => !labels.includes(label),
    isRefuted: (tally) => tally.count() > 0,
    evidence(tally) {
      if (tally.count() > 0) return REFUTED;
      const absence = logEvidenceOfAbsence(tally.answers, leakLimit);
      if (labels.length === 1) return { logFor: absence, logAgainst: 0 };
      const each = free.map((share) => shareEvidence(share, tally.share(share.label)));
      const unseen = labels.some((label) => tally.count(label) === 0);
      const logFor = Math.min(...each.map((e) => e.logFor), hasZeros ? absence : Infinity);
      return {
        logFor: unseen ? -Infinity : logFor,
        logAgainst: logMeanExp(each.map((e) => e.logAgainst)),
      };
    },
  };
}

import { DEFAULTS } from '../defaults.ts';
import { logEvidenceOfAbsence } from '../evidence/zero.ts';
import { logMeanExp } from '../numerics/log-space.ts';
import type { ReachesRule } from '../types.ts';
import { SEEN } from './claim.ts';
import type { Claim } from './claim.ts';

/** The least share that a label must have for its absence to be told from bad luck. */
export function minShareOf(rule: ReachesRule): number {
  return rule.minShare ?? DEFAULTS.minShareOfEqual / rule.labels.length;
}

/**
 * Every label answers at all. That all were seen is a fact; that one never was is evidence against its least share,
 * diluted by the longest block that sticky answers may show (F7).
 */
export function reachesClaim(rule: ReachesRule): Claim {
  const diluted = minShareOf(rule) / DEFAULTS.maxBlock;
  return {
    labels: rule.labels,
    countsErrors: false,
    needsHomogeneity: true,
    isFact: (label, tally) => rule.labels.includes(label) && tally.count(label) === 0,
    isRefuted: () => false,
    evidence(tally) {
      const isSeen = rule.labels.map((label) => tally.count(label) > 0);
      if (isSeen.every(Boolean)) return SEEN;
      const absence = logEvidenceOfAbsence(tally.answers, diluted);
      return { logFor: 0, logAgainst: logMeanExp(isSeen.map((seen) => (seen ? -Infinity : absence))) };
    },
  };
}

import { DEFAULTS } from '../defaults.ts';
import { logEvidenceOfAbsence } from '../evidence/zero.ts';
import type { ExclusiveRule } from '../types.ts';
import { REFUTED } from './claim.ts';
import type { Claim } from './claim.ts';

/** One label alone answers: any other refutes it at once; enough answers rule out a leak of the stated size (F6). */
export function exclusiveClaim(rule: ExclusiveRule): Claim {
  const leakLimit = rule.leakLimit ?? DEFAULTS.leakLimit;
  return {
    labels: [rule.label],
    countsErrors: false,
    needsHomogeneity: false,
    isFact: (label) => label !== rule.label,
    isRefuted: (tally) => tally.count() > 0,
    evidence(tally) {
      if (tally.count() > 0) return REFUTED;
      return { logFor: logEvidenceOfAbsence(tally.answers, leakLimit), logAgainst: 0 };
    },
  };
}

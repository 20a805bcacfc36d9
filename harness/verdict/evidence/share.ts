import { logChainEvidenceInside, logChainEvidenceOutside } from './markov.ts';
import type { Transitions } from './chain.ts';
import { centredPrior, logEvidenceInside, logEvidenceOutside } from './mixture.ts';
import type { Tries } from './mixture.ts';

/** What is claimed of one label: its share, and how far from it is rejectable (margin) or still acceptable. */
export interface ShareClaim {
  readonly share: number;
  readonly margin: number;
  readonly acceptable: number;
  readonly maxBlock: number;
}

/** What was seen of one label: its answers, and how they followed one another within each client. */
export interface SeenShare extends Tries {
  readonly transitions: Transitions;
}

/**
 * Natural logarithms of the evidence for and against one label's share: the smaller of the evidence for independent
 * answers and of the evidence for a chain, so that it holds under either (F5).
 */
export function shareEvidence(claim: ShareClaim, seen: SeenShare): { logFor: number; logAgainst: number } {
  const { share, margin, acceptable } = claim;
  const tolerated = { low: share - margin, high: share + margin };
  const accepted = { low: share - acceptable, high: share + acceptable };
  const logFor = logEvidenceOutside(seen, tolerated, centredPrior(share, margin));
  const logAgainst = logEvidenceInside(seen, accepted);
  if (seen.hits + seen.misses < 2) return { logFor, logAgainst };
  return {
    logFor: Math.min(logFor, logChainEvidenceOutside(seen.transitions, tolerated, share)),
    logAgainst: Math.min(logAgainst, logChainEvidenceInside(seen.transitions, accepted, claim.maxBlock)),
  };
}

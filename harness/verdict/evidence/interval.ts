import { DEFAULTS } from '../defaults.ts';
import { bisect } from '../numerics/bisect.ts';
import type { ShareEstimate } from '../types.ts';
import { logEvidenceAt, UNINFORMED } from './mixture.ts';
import type { Tries } from './mixture.ts';

/**
 * The observed share and its confidence sequence: every share that the evidence so far does not refute at level α.
 * It covers the true share at all times at once with probability 1 − α, so it may be read at any time (F9).
 */
export function shareEstimate(tries: Tries, alpha: number = DEFAULTS.intervalAlpha): ShareEstimate {
  const answers = tries.hits + tries.misses;
  if (answers === 0) return { estimate: 0, low: 0, high: 1 };
  const estimate = tries.hits / answers;
  const isRefuted = (q: number): boolean => logEvidenceAt(tries, q, UNINFORMED) >= -Math.log(alpha);
  return {
    estimate,
    low: tries.hits === 0 ? 0 : bisect({ low: 0, high: estimate }, (q) => !isRefuted(q)),
    high: tries.misses === 0 ? 1 : bisect({ low: estimate, high: 1 }, isRefuted),
  };
}

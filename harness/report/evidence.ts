import type { Assessment } from '../verdict/types.ts';
import type { CheckRecord, Evidence, ExtendedNumber } from './types.ts';

/** What of a check follows from the assessment of its answers. */
export type Judgement = Pick<
  CheckRecord,
  'verdict' | 'reason' | 'message' | 'risk' | 'requests' | 'counts' | 'shares' | 'evidence'
>;

/** A number as JSON can hold it. */
export function extended(value: number): ExtendedNumber {
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : value;
}

/** The number that `extended` wrote. */
export function finiteOrNot(value: ExtendedNumber): number {
  return typeof value === 'number' ? value : Number(value);
}

/**
 * Turns an assessment into the fields of a check.
 *
 * @param errors the companion error rate, judged on its own; the caller combines the two verdicts
 */
export function judgementOf(assessment: Assessment, errors: Evidence['errors'] = null): Judgement {
  const { dependence, homogeneity, logEvidenceFor, logEvidenceAgainst } = assessment;
  return {
    verdict: assessment.verdict,
    reason: assessment.reason,
    message: assessment.message,
    risk: assessment.risk,
    requests: assessment.requests,
    counts: assessment.counts,
    shares: assessment.shares,
    evidence: {
      logFor: logEvidenceFor === null ? null : extended(logEvidenceFor),
      logAgainst: logEvidenceAgainst === null ? null : extended(logEvidenceAgainst),
      independentUnits: assessment.independentUnits,
      dependence: dependence === null ? null : { ...dependence, logE: extended(dependence.logE) },
      homogeneity: homogeneity === null ? null : { ...homogeneity, logE: extended(homogeneity.logE) },
      errors,
      ...(assessment.switchMs === undefined ? {} : { switchMs: assessment.switchMs }),
      ...(assessment.errors === undefined ? {} : { errorsBeforeSwitch: assessment.errors }),
    },
  };
}

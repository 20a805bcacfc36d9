import type { Assessment } from '../verdict/types.ts';
import type { Evidence, ExtendedNumber } from './types.ts';

/** A number as JSON can hold it. */
function extended(value: number): ExtendedNumber {
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : value;
}

/** The number that `extended` wrote. */
export function finiteOrNot(value: ExtendedNumber): number {
  return typeof value === 'number' ? value : Number(value);
}

/** What a verdict on answers rests on, as a report holds it. `errors` is the companion error rate, judged on its own. */
export function evidenceOf(assessment: Assessment, errors: Evidence['errors'] = null): Evidence {
  const { dependence, homogeneity, logEvidenceFor, logEvidenceAgainst, switchMs } = assessment;
  return {
    logFor: logEvidenceFor === null ? null : extended(logEvidenceFor),
    logAgainst: logEvidenceAgainst === null ? null : extended(logEvidenceAgainst),
    independentUnits: assessment.independentUnits,
    dependence: dependence === null ? null : { ...dependence, logE: extended(dependence.logE) },
    homogeneity: homogeneity === null ? null : { ...homogeneity, logE: extended(homogeneity.logE) },
    errors,
    ...(switchMs === undefined
      ? {}
      : { switchMs: { lower: switchMs.lower, upper: extended(switchMs.upper) } }),
    ...(assessment.errors === undefined ? {} : { errorsBeforeSwitch: assessment.errors }),
  };
}

/** For what was looked at, not sampled. */
export const NO_EVIDENCE: Evidence = {
  logFor: null,
  logAgainst: null,
  independentUnits: null,
  dependence: null,
  homogeneity: null,
  errors: null,
};

/** The checks of a whole suite together: how seldom it may raise a false alarm, and which checks an alarm is about. */
import { DEFAULTS } from './defaults.ts';
import { logMeanExp, logSumExp } from './numerics/log-space.ts';

/**
 * False-fail risk of each check so that the whole suite raises a false alarm in at most `budget` of its runs.
 * A sum over the checks bounds it, whatever their dependence; it is never more than the default for one check.
 * @param checks how many checks can fail, companions about errors among them
 */
export function falseFailPerCheck(checks: number, budget: number = DEFAULTS.suiteFalseAlarm): number {
  return checks < 1 ? DEFAULTS.falseFail : Math.min(DEFAULTS.falseFail, budget / checks);
}

/** A check with the natural logarithm of its evidence against the claim. */
export interface CheckEvidence {
  readonly id: string;
  readonly logEvidenceAgainst: number;
}

/** What a suite's evidence says together. */
export interface SuiteEvidence {
  /** Natural logarithm of the evidence against "every check conforms": the mean of theirs. */
  readonly logEvidenceAgainst: number;
  /** Is that refuted at the suite's budget? */
  readonly isRefuted: boolean;
  /** Checks that do not conform, all of them at once at the suite's budget. */
  readonly culprits: readonly string[];
}

/**
 * Evidence against the suite, and who is to blame. The mean of e-values is an e-value under any dependence; a check is
 * named if every set of checks with it in has a mean that refutes (closed testing: Vovk & Wang 2021). The worst such
 * set adds the checks with the least evidence.
 */
export function suiteEvidence(
  checks: readonly CheckEvidence[],
  budget: number = DEFAULTS.suiteFalseAlarm,
): SuiteEvidence {
  if (checks.length === 0) return { logEvidenceAgainst: 0, isRefuted: false, culprits: [] };
  const threshold = -Math.log(budget);
  const logs = checks.map(({ logEvidenceAgainst }) => logEvidenceAgainst).sort((a, b) => a - b);
  const isCulprit = ({ logEvidenceAgainst }: CheckEvidence): boolean => {
    const others = [...logs];
    others.splice(others.indexOf(logEvidenceAgainst), 1);
    let total = logEvidenceAgainst;
    return [...others, Infinity].every((next, count) => {
      const isEnough = total - Math.log(count + 1) >= threshold;
      total = logSumExp([total, next]);
      return isEnough;
    });
  };
  const logEvidenceAgainst = logMeanExp(logs);
  return {
    logEvidenceAgainst,
    isRefuted: logEvidenceAgainst >= threshold,
    culprits: checks.filter(isCulprit).map(({ id }) => id),
  };
}

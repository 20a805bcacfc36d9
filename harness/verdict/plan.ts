import { DEFAULTS } from './defaults.ts';
import type { Need } from './plan/budget.ts';
import {
  needOfAbsence,
  needOfBound,
  needOfDistribution,
  needOfFailover,
  needOfReaches,
} from './plan/budget.ts';
import { riskOf } from './risk.ts';
import type { Plan, Risk, Rule } from './types.ts';

/**
 * How many requests a rule is going to need if the mesh does what it should: expected, and at most, so that all but
 * one in a million such runs end with a verdict (F13).
 */
export function planOf(rule: Rule, risk: Partial<Risk> = {}): Plan {
  const { expected, most } = needOf(rule, riskOf(rule, risk));
  return {
    expectedRequests: expected,
    maxRequests: most,
    round: DEFAULTS.round,
    minForFail: DEFAULTS.minForFail,
  };
}

function needOf(rule: Rule, risk: Risk): Need {
  switch (rule.kind) {
    case 'distribution':
      return needOfDistribution(rule, risk);
    case 'exclusive':
      return needOfAbsence(rule.leakLimit ?? DEFAULTS.leakLimit, risk);
    case 'reaches':
      return needOfReaches(rule, risk);
    case 'share': {
      const limit = 1 - rule.atLeast;
      const { share, ofBound } = DEFAULTS.backgroundElsewhere;
      return needOfBound(limit, Math.min(share, limit * ofBound), risk);
    }
    case 'errorRate':
      return needOfBound(rule.below, rule.below * DEFAULTS.backgroundOfBound, risk);
    case 'failover':
      return needOfFailover(rule, risk);
  }
}

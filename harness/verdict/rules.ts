/** The rules as a scenario's author writes them: `distribution({ v1: 1, v2: 1 })`. A mistake in one is an error at once. */
import { checkRule, RuleError } from './parse-rule.ts';
import type {
  DistributionRule,
  ErrorRateRule,
  ExclusiveRule,
  FailoverRule,
  ReachesRule,
  Rule,
  ShareRule,
} from './types.ts';

/** The same rule, if it can be judged. @throws RuleError with all its mistakes */
function checked<R extends Rule>(rule: R): R {
  const result = checkRule(rule);
  if ('mistakes' in result) throw new RuleError(result.mistakes);
  return rule;
}

/** Each label answers in proportion to its weight; a label with weight 0, and any other, never answers. */
export function distribution(
  weights: DistributionRule['weights'],
  options: Omit<DistributionRule, 'kind' | 'weights'> = {},
): DistributionRule {
  return checked({ kind: 'distribution', weights, ...options });
}

/** Only this label answers. */
export function exclusive(label: string, options: Omit<ExclusiveRule, 'kind' | 'label'> = {}): ExclusiveRule {
  return checked({ kind: 'exclusive', label, ...options });
}

/** Every label answers at all: `reaches(['v1', 'v2'])`. */
export function reaches(
  labels: readonly string[],
  options: Omit<ReachesRule, 'kind' | 'labels'> = {},
): ReachesRule {
  return checked({ kind: 'reaches', labels, ...options });
}

/** The label answers at least this share of calls: `share('local', { atLeast: 0.95 })`. */
export function share(label: string, options: Omit<ShareRule, 'kind' | 'label'>): ShareRule {
  return checked({ kind: 'share', label, ...options });
}

/** Fewer than this share of calls end in an error: `errorRate({ below: 0.01 })`. */
export function errorRate(options: Omit<ErrorRateRule, 'kind'>): ErrorRateRule {
  return checked({ kind: 'errorRate', ...options });
}

/** After the event, `to` takes over from `from` in time and with few errors. */
export function failover(options: Omit<FailoverRule, 'kind'>): FailoverRule {
  return checked({ kind: 'failover', ...options });
}

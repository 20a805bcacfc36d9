/** The planner's refusal: a claim that its budget cannot decide is not worth a single request. */
import { expectedShares } from './claims/distribution.ts';
import { DEFAULTS } from './defaults.ts';
import { describeRule } from './describe.ts';
import { bisect } from './numerics/bisect.ts';
import { planOf } from './plan.ts';
import type { DistributionRule, Risk, Rule } from './types.ts';

/** Another claim that the same budget decides, as the planner found. */
export interface Alternative {
  readonly rule: Rule;
  readonly maxRequests: number;
}

/** A rule needs more requests than there are, with what could be decided instead. */
export class UndecidableError extends Error {
  override readonly name = 'UndecidableError';
  /** Requests that the rule needs. */
  readonly needed: number;
  readonly alternatives: readonly Alternative[];

  constructor(rule: Rule, need: { needed: number; budget: number; alternatives: readonly Alternative[] }) {
    const { needed, budget, alternatives } = need;
    const much = Number.isFinite(needed) ? String(needed) : 'more than a billion';
    const offers = [
      ...(Number.isFinite(needed) ? [`allow ${much} requests`] : []),
      ...alternatives.map(
        (other) =>
          `claim that ${describeRule(other.rule)} (${String(other.maxRequests)} requests): ${JSON.stringify(other.rule)}`,
      ),
    ];
    const instead =
      offers.length > 0 ? `What can be decided: ${offers.join('; or ')}` : 'No weaker claim fits either';
    super(
      `cannot decide within ${String(budget)} requests that ${describeRule(rule)}: it may take ${much}. ${instead}`,
    );
    this.needed = needed;
    this.alternatives = alternatives;
  }
}

/** A tolerance that a person would write: two significant digits, rounded up. */
function roundedUp(tolerance: number): number {
  const unit = 10 ** (Math.floor(Math.log10(tolerance)) - 1);
  return Number((Math.ceil(tolerance / unit - 1e-9) * unit).toPrecision(2));
}

/** The same claim with the least tolerance between two bounds that the budget decides. */
function relaxed(
  { from, to }: { from: number; to: number },
  isDecided: (rule: Rule) => boolean,
  withTolerance: (tolerance: number) => Rule,
): Rule[] {
  const low = Math.log(from);
  const high = Math.log(to);
  if (!(low < high)) return [];
  const least = bisect({ low, high, steps: 24 }, (x) => isDecided(withTolerance(Math.exp(x))));
  const rule = withTolerance(roundedUp(Math.exp(least)));
  return roundedUp(Math.exp(least)) < to && isDecided(rule) ? [rule] : [];
}

/** A distribution with a wider margin, and the claim that its labels answer at all. */
function aroundDistribution(rule: DistributionRule, isDecided: (rule: Rule) => boolean): Rule[] {
  const shares = expectedShares(rule);
  if (shares.length === 1) {
    const from = rule.leakLimit ?? DEFAULTS.leakLimit;
    return relaxed({ from, to: 0.5 }, isDecided, (leakLimit) => ({ ...rule, leakLimit }));
  }
  const narrow = Math.min(...shares.map(({ margin }) => margin));
  const smallest = Math.min(...shares.map(({ share }) => share));
  const { acceptable: _dropped, ...open } = rule;
  const wider = relaxed({ from: narrow, to: smallest }, isDecided, (margin) => ({ ...open, margin }));
  const { unit, risk } = rule;
  const reaches: Rule = {
    kind: 'reaches',
    labels: shares.map(({ label }) => label),
    minShare: Number((smallest * DEFAULTS.minShareOfEqual).toPrecision(3)),
    ...(unit && { unit }),
    ...(risk && { risk }),
  };
  return [...wider, ...(isDecided(reaches) ? [reaches] : [])];
}

/** Weaker claims of the same kind that can be decided. */
function alternativesTo(rule: Rule, isDecided: (rule: Rule) => boolean): Rule[] {
  switch (rule.kind) {
    case 'distribution':
      return aroundDistribution(rule, isDecided);
    case 'exclusive': {
      const from = rule.leakLimit ?? DEFAULTS.leakLimit;
      return relaxed({ from, to: 0.5 }, isDecided, (leakLimit) => ({ ...rule, leakLimit }));
    }
    case 'errorRate':
      return relaxed({ from: rule.below, to: 0.5 }, isDecided, (below) => ({ ...rule, below }));
    case 'share':
      return relaxed({ from: 1 - rule.atLeast, to: 0.5 }, isDecided, (other) => ({
        ...rule,
        atLeast: Number((1 - other).toFixed(6)),
      }));
    case 'reaches':
    case 'failover':
      return [];
  }
}

/**
 * Refuses a claim that may need more requests than there are.
 * @param budget most requests that may be sent
 * @throws UndecidableError, which names what the same budget does decide; each was put to the planner
 */
export function refuseUndecidable(
  rule: Rule,
  { budget = DEFAULTS.maxRequests, risk = {} }: { budget?: number; risk?: Partial<Risk> } = {},
): void {
  const needOf = (other: Rule): number => planOf(other, risk).maxRequests;
  const needed = needOf(rule);
  if (needed <= budget) return;
  const weaker = alternativesTo(rule, (other) => needOf(other) <= budget);
  const alternatives = weaker.map((other) => ({ rule: other, maxRequests: needOf(other) }));
  throw new UndecidableError(rule, { needed, budget, alternatives });
}

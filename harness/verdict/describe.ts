import { expectedShares } from './claims/distribution.ts';
import { DEFAULTS } from './defaults.ts';
import type { DistributionRule, FailoverRule, Rule } from './types.ts';

/** A share as a percentage with at most four digits: 1/3 is "33.33 %". */
export const percent = (share: number): string => `${String(Number((share * 100).toPrecision(4)))} %`;

/** A list as a person says it: "v1, v2 and v3". */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** A margin in percentage points. */
const points = (margin: number): string => `${String(Number((margin * 100).toPrecision(4)))} points`;

function describeDistribution(rule: DistributionRule): string {
  const shares = expectedShares(rule);
  const never = Object.keys(rule.weights).filter((label) => shares.every((share) => share.label !== label));
  const others = never.length > 0 ? `${listed(never)} and any other never answer` : 'no other answers';
  if (shares.length === 1) return `${shares[0]?.label ?? ''} alone answers; ${others}`;
  const margins = new Set(shares.map(({ margin }) => points(margin)));
  const [common] = margins;
  const each = ({ label, share, margin }: (typeof shares)[number]): string =>
    `${label} answers ${percent(share)}${margins.size > 1 ? ` ± ${points(margin)}` : ''}`;
  const within = margins.size === 1 ? `, each within ${common ?? ''}` : '';
  return `${listed(shares.map(each))} of calls${within}; ${others}`;
}

function describeFailover(rule: FailoverRule): string {
  const errors = rule.maxErrors === 1 ? '1 error' : `${String(rule.maxErrors)} errors`;
  const within = `${String(rule.withinMs / 1000)} s`;
  return `${rule.to} takes over from ${rule.from} within ${within} of the event, with at most ${errors}`;
}

/** A rule as a plain English sentence, without its full stop. */
export function describeRule(rule: Rule): string {
  switch (rule.kind) {
    case 'distribution':
      return describeDistribution(rule);
    case 'exclusive':
      return `${rule.label} alone answers; less than ${percent(rule.leakLimit ?? DEFAULTS.leakLimit)} can come from others`;
    case 'reaches':
      return rule.labels.length === 1
        ? `${rule.labels[0] ?? ''} answers`
        : `${listed(rule.labels)} all answer`;
    case 'share':
      return `${rule.label} answers at least ${percent(rule.atLeast)} of calls`;
    case 'errorRate':
      return `less than ${percent(rule.below)} of calls end in an error`;
    case 'failover':
      return describeFailover(rule);
  }
}

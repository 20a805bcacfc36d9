import { describeRule, percent } from './describe.ts';
import type { Assessment, Reason, Rule } from './types.ts';
import { ERROR_LABEL } from './types.ts';

type Known = Omit<Assessment, 'message'>;

/** "1 in 1,000". */
const odds = (probability: number): string => `1 in ${Math.round(1 / probability).toLocaleString('en-US')}`;

/** "1 call", "375 calls". */
const calls = (count: number): string => (count === 1 ? '1 call' : `${String(count)} calls`);

/** Labels are written by whoever answered: a long one is cut. */
const short = (label: string): string => (label.length > 40 ? `${label.slice(0, 39)}…` : label);

/** "v1 192 (51.2 %), v2 183 (48.8 %), error 3": at most eight labels, the most frequent first. */
function seen({ counts, shares }: Known): string {
  const byCount = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const each = byCount.slice(0, 8).map(([label, count]) => {
    const share = Object.hasOwn(shares, label) ? shares[label] : undefined;
    return `${short(label)} ${String(count)}${share ? ` (${percent(share.estimate)})` : ''}`;
  });
  const rest = byCount.length > 8 ? `, and ${String(byCount.length - 8)} more labels` : '';
  return `saw ${each.join(', ')}${rest} in ${calls(byCount.reduce((sum, [, count]) => sum + count, 0))}`;
}

/** "the switch took 120 to 310 ms, with 2 errors". */
function switched({ switchMs, errors }: Known): string {
  if (switchMs === undefined) return '';
  const { lower, upper } = switchMs;
  const failed = errors === 1 ? '1 error' : `${String(errors ?? 0)} errors`;
  const took = Number.isFinite(upper) ? `took ${String(lower)} to ${String(upper)} ms` : `was not over`;
  return `; the switch ${took}, with ${failed}${Number.isFinite(upper) ? '' : ` and the last other answer after ${String(lower)} ms`}`;
}

/** What the reason means, with its figures. */
function because(rule: Rule, known: Known): string {
  const { risk, plan, requests, independentUnits: units, dependence, homogeneity } = known;
  const errors = known.counts[ERROR_LABEL] ?? 0;
  const more = requests < plan.maxRequests ? `: up to ${String(plan.maxRequests)} may be needed` : '';
  const texts: Record<Reason, string> = {
    evidence:
      known.verdict === 'conformant'
        ? `a mesh outside the tolerance passes at most ${odds(risk.falsePass)} times`
        : `an acceptable mesh fails at most ${odds(risk.falseFail)} times`,
    refuted: 'one such answer refutes it',
    seen: 'that is seen to hold',
    'no-data':
      errors > 0 && rule.kind !== 'errorRate' ? 'there was no answer, only errors' : 'there was no answer',
    budget: `${String(requests)} are too few to decide${more}`,
    units: `only ${String(units)} came first on a connection, the rest repeat one: use a new connection for each call`,
    clustered: `equal answers come in blocks, which leaves about ${String(Math.round(dependence?.effectiveSampleSize ?? 0))} independent ones`,
    pinned: `the ${String(homogeneity?.clients ?? 0)} clients see different shares, so connections are pinned rather than balanced`,
    'sampling-gap': 'the limit lies inside that interval: call more often',
    late: 'that is too late',
    errors: 'that is too many errors',
  };
  return texts[known.reason];
}

/** One sentence for a person: what was expected, what was seen, why that gives the verdict. */
export function messageOf(rule: Rule, known: Known): string {
  const expected = `expected: ${describeRule(rule)}`;
  if (known.reason === 'no-data' && Object.keys(known.counts).length === 0)
    return `${expected}; there was no answer`;
  return `${expected}; ${seen(known)}${switched(known)}; ${because(rule, known)}`;
}

import { expect, test } from 'vitest';
import { planOf } from './plan.ts';
import { refuseUndecidable, UndecidableError } from './refuse.ts';
import { distribution, errorRate, exclusive, failover, reaches, share } from './rules.ts';
import type { Rule } from './types.ts';

test.each([
  [distribution({ v1: 1, v2: 1 }), 2325],
  [distribution({ v1: 1, v2: 1, v3: 1 }), 2250],
  [distribution({ v1: 90, v2: 10 }), 3900],
  [distribution({ v1: 70, v2: 30 }), 2050],
  [distribution({ v1: 99, v2: 1 }), 43_700],
  [distribution({ v1: 1, v2: 0 }), 700],
  [exclusive('v3'), 700],
  [exclusive('v3', { leakLimit: 0.001 }), 6925],
  [errorRate({ below: 0.01 }), 3925],
  [share('local', { atLeast: 0.95 }), 1250],
  [reaches(['v1', 'v2']), 300],
  [failover({ from: 'v1', to: 'v2', eventMs: 0, withinMs: 2000, maxErrors: 3 }), 155],
] satisfies [Rule, number][])('%j may need %i requests', (rule, maxRequests) => {
  expect(planOf(rule).maxRequests).toBe(maxRequests);
});

test('fewer requests are expected than may be needed, and stricter risks need more', () => {
  const rule = distribution({ v1: 1, v2: 1 });
  const { expectedRequests, maxRequests } = planOf(rule);
  expect(expectedRequests).toBeGreaterThan(500);
  expect(expectedRequests).toBeLessThan(700);
  expect(planOf(rule, { falsePass: 1e-4 }).maxRequests).toBeGreaterThan(maxRequests);
  expect(planOf({ ...rule, risk: { falsePass: 0.05 } }).maxRequests).toBeLessThan(maxRequests);
});

/** The refusal of a rule. */
function refusalOf(rule: Rule, budget?: number): UndecidableError {
  try {
    refuseUndecidable(rule, budget === undefined ? {} : { budget });
  } catch (error) {
    if (error instanceof UndecidableError) return error;
    throw error;
  }
  return expect.fail(`expected ${JSON.stringify(rule)} to be refused`);
}

test('a claim that its budget decides is not refused', () => {
  expect(() => {
    refuseUndecidable(distribution({ v1: 1, v2: 1 }));
  }).not.toThrow();
});

test('99 to 1 is refused, and a wider margin, the labels at all, or a bigger budget are offered', () => {
  const refusal = refusalOf(distribution({ v1: 99, v2: 1 }));
  expect(refusal.message).toMatch(
    /within 20000 requests .* may take 43700\. What can be decided: allow 43700 requests; or/,
  );
  expect(refusal.alternatives.map(({ rule }) => rule.kind)).toEqual(['distribution', 'reaches']);
});

test.each([
  distribution({ v1: 99, v2: 1 }),
  distribution({ v1: 1, v2: 1 }, { margin: 1e-7, acceptable: 1e-8 }),
  exclusive('v3', { leakLimit: 1e-4 }),
  errorRate({ below: 1e-4 }),
  share('local', { atLeast: 0.9999 }),
] as Rule[])('what is offered in place of %j can be decided', (rule) => {
  const { alternatives, needed } = refusalOf(rule);
  expect(alternatives.length).toBeGreaterThan(0);
  for (const alternative of alternatives) {
    expect(alternative.maxRequests).toBe(planOf(alternative.rule).maxRequests);
    expect(alternative.maxRequests).toBeLessThanOrEqual(20_000);
    expect(alternative.maxRequests).toBeLessThan(needed);
  }
});

test('where nothing fits, the refusal says so', () => {
  expect(refusalOf(reaches(['v1', 'v2']), 50)).toMatchObject({ alternatives: [] });
  expect(refusalOf(distribution({ v1: 1, v2: 1e-8 })).message).toMatch(
    /more than a billion\. No weaker claim/,
  );
});

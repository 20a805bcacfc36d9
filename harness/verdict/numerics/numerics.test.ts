import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bisect, leastInteger } from './bisect.ts';
import { binomialAtLeast, binomialAtMost, incompleteBeta } from './incomplete-beta.ts';
import { lnBeta } from './ln-beta.ts';
import { lnGamma } from './ln-gamma.ts';
import { logAdd, logMeanExp, logSumExp, xLogY } from './log-space.ts';

test('lnGamma is exactly 0 at 1 and 2, and ln of the factorial at whole numbers', () => {
  expect([lnGamma(1), lnGamma(2)]).toEqual([0, 0]);
  expect(lnGamma(11)).toBeCloseTo(Math.log(3_628_800), 13);
});

test('lnGamma keeps its relative precision beside its zeros', () => {
  const euler = 0.5772156649015329;
  expect(lnGamma(1 + 2 ** -40) / (-euler * 2 ** -40)).toBeCloseTo(1, 11);
  expect(lnGamma(2 + 2 ** -40) / ((1 - euler) * 2 ** -40)).toBeCloseTo(1, 11);
});

test('lnGamma follows the recurrence where its formulas meet', () => {
  for (const x of [0.4999, 0.5, 1.4999, 1.5, 2.4999, 2.5, 9.4999, 9.9999, 10]) {
    expect(Math.abs(lnGamma(x + 1) - lnGamma(x) - Math.log(x))).toBeLessThan(
      4e-15 * Math.max(1, lnGamma(x + 1)),
    );
  }
});

test('lnBeta is symmetric, and B(a, b) = B(a+1, b) + B(a, b+1)', () => {
  const parameter = fc.double({ min: 0.01, max: 1e5, noNaN: true });
  fc.assert(
    fc.property(parameter, parameter, (a, b) => {
      expect(lnBeta(a, b)).toBe(lnBeta(b, a));
      const sum = logAdd(lnBeta(a + 1, b), lnBeta(a, b + 1));
      expect(Math.abs(sum - lnBeta(a, b))).toBeLessThan(1e-14 * Math.max(1, Math.abs(sum)) + 1e-12);
    }),
  );
});

test('the incomplete beta function is a distribution: from 0 to 1, rising, with its mirror image', () => {
  const parameter = fc.double({ min: 0.1, max: 1e4, noNaN: true });
  const place = fc.integer({ min: 0, max: 1024 }).map((n) => n / 1024);
  fc.assert(
    fc.property(place, parameter, parameter, (x, a, b) => {
      const value = incompleteBeta(x, a, b);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1 + 1e-12);
      expect(value + incompleteBeta(1 - x, b, a)).toBeCloseTo(1, 11);
      expect(incompleteBeta(Math.min(1, x + 0.01), a, b)).toBeGreaterThanOrEqual(value - 1e-12);
    }),
  );
});

test('binomial tails end where they should and add up', () => {
  expect(binomialAtMost(-1, 10, 0.5)).toBe(0);
  expect(binomialAtMost(10, 10, 0.5)).toBe(1);
  expect(binomialAtLeast(0, 10, 0.5)).toBe(1);
  expect(binomialAtLeast(11, 10, 0.5)).toBe(0);
  expect(binomialAtMost(3, 10, 0.5) + binomialAtLeast(4, 10, 0.5)).toBeCloseTo(1, 14);
  expect(binomialAtMost(0, 10, 0.5)).toBeCloseTo(2 ** -10, 16);
});

test('sums in log space do not overflow, and nothing stays nothing', () => {
  expect(logAdd(1000, 1000)).toBeCloseTo(1000 + Math.LN2, 10);
  expect(logAdd(-Infinity, 3)).toBe(3);
  expect(logSumExp([])).toBe(-Infinity);
  expect(logMeanExp([Infinity, 0])).toBe(Infinity);
  expect(logMeanExp([-Infinity, 0])).toBeCloseTo(-Math.LN2, 14);
  expect(xLogY(0, 0)).toBe(0);
});

test('searches find the first place where a condition holds', () => {
  expect(bisect({ low: 0, high: 4 }, (x) => x * x >= 2)).toBeCloseTo(Math.SQRT2, 14);
  expect(leastInteger(0, 100, (n) => n * n >= 50)).toBe(8);
  expect(leastInteger(0, 5, () => false)).toBe(6);
});

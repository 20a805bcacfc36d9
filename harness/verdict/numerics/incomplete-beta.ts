import { bisect } from './bisect.ts';
import { lnBeta } from './ln-beta.ts';

const TINY = 1e-300;
const EPSILON = 1e-16;

/** Keeps a denominator of Lentz's method away from zero. */
const nonZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x);

/** The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8) by Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  let [c, d] = [1, 1 / nonZero(1 - ((a + b) * x) / (a + 1))];
  let value = d;
  for (let m = 1; m < 1_000_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 / nonZero(1 + term * d);
      c = nonZero(1 + term / c);
      step = c * d;
      value *= step;
    }
    if (Math.abs(step - 1) < EPSILON) break;
  }
  return value;
}

/** I_x(a, b), the regularised incomplete beta function; small values are right in relative terms. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logFront = a * Math.log(x) + b * Math.log1p(-x) - lnBeta(a, b);
  return (Math.exp(logFront) * continuedFraction(x, a, b)) / a;
}

/** The x with I_x(a, b) = probability. */
export function inverseIncompleteBeta(probability: number, a: number, b: number): number {
  return bisect({ low: 0, high: 1 }, (x) => incompleteBeta(x, a, b) >= probability);
}

/** P(S ≤ k) for a binomial S of n draws with chance p. */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : incompleteBeta(1 - p, n - k, k + 1);
}

/** P(S ≥ k) for a binomial S of n draws with chance p. */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  return k > n ? 0 : incompleteBeta(p, k, n - k + 1);
}

/**
 * Exact bounds of a share after a fixed number of draws (Clopper & Pearson 1934).
 * For simulations and reports only: it is not valid when looking at the data decided when to stop.
 */
export function clopperPearson(hits: number, draws: number, alpha: number): { low: number; high: number } {
  const misses = draws - hits;
  return {
    low: hits === 0 ? 0 : inverseIncompleteBeta(alpha / 2, hits, misses + 1),
    high: misses === 0 ? 1 : inverseIncompleteBeta(1 - alpha / 2, hits + 1, misses),
  };
}

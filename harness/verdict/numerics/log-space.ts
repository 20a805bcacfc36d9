/** Arithmetic with natural logarithms of numbers too large or too small to write out. */

/** x · ln y with 0 · ln 0 = 0, as in a likelihood of something that was not seen. */
export function xLogY(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(y);
}

/** ln(eᵃ + eᵇ). */
export function logAdd(a: number, b: number): number {
  const high = Math.max(a, b);
  return Number.isFinite(high) ? high + Math.log1p(Math.exp(Math.min(a, b) - high)) : high;
}

/** ln of the sum of e-values given by their logarithms; −∞ for none. */
export function logSumExp(logs: readonly number[]): number {
  const high = Math.max(...logs);
  if (!Number.isFinite(high)) return high;
  return high + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - high), 0));
}

/**
 * ln of the mean of e-values given by their logarithms.
 * The mean of e-values is an e-value under any dependence (Vovk & Wang 2021).
 */
export function logMeanExp(logs: readonly number[]): number {
  return logSumExp(logs) - Math.log(logs.length);
}

/** Compares the port of the statistics with vectors that the reference implementation computed. */
import { boundEvidence } from '../../harness/verdict/evidence/mixture.ts';
import { dependenceOf } from '../../harness/verdict/evidence/dependence.ts';
import { logHeterogeneity } from '../../harness/verdict/evidence/homogeneity.ts';
import { shareEstimate } from '../../harness/verdict/evidence/interval.ts';
import { claimOf } from '../../harness/verdict/claims/index.ts';
import type { CountingRule } from '../../harness/verdict/claims/index.ts';
import {
  binomialAtLeast,
  binomialAtMost,
  clopperPearson,
} from '../../harness/verdict/numerics/incomplete-beta.ts';
import { lnBeta } from '../../harness/verdict/numerics/ln-beta.ts';
import { lnGamma } from '../../harness/verdict/numerics/ln-gamma.ts';
import { planOf } from '../../harness/verdict/plan.ts';
import { SequentialTest } from '../../harness/verdict/sequential-test.ts';
import { Tally } from '../../harness/verdict/tally.ts';
import type { DistributionRule, Observation } from '../../harness/verdict/types.ts';
import { ERROR_LABEL } from '../../harness/verdict/types.ts';

type Number = number | 'Infinity' | '-Infinity';
type Words = 'pass' | 'fail' | 'inconclusive';

/** What `make.py` writes. */
export interface Vectors {
  readonly seed: number;
  readonly lnGamma: readonly (readonly [x: number, value: number])[];
  readonly lnBeta: readonly (readonly [a: number, b: number, value: number])[];
  readonly binomial: readonly (readonly [k: number, n: number, p: number, atMost: number, atLeast: number])[];
  readonly clopperPearson: readonly (readonly [
    s: number,
    n: number,
    alpha: number,
    low: number,
    high: number,
  ])[];
  readonly interval: readonly (readonly [hits: number, misses: number, low: number, high: number])[];
  readonly distribution: readonly DistributionVector[];
  readonly bound: readonly (readonly [
    bad: number,
    n: number,
    r: number,
    f: Number,
    against: Number,
    verdict: Words,
  ])[];
  readonly exclusive: readonly (readonly [
    bad: number,
    n: number,
    leak: number,
    f: Number,
    against: Number,
  ])[];
  readonly reaches: readonly (readonly [
    text: string,
    labels: string[],
    share: number,
    f: Number,
    against: Number,
  ])[];
  readonly dependence: readonly (readonly [text: string, logE: number, lag1: number, effective: number])[];
  readonly heterogeneity: readonly (readonly [clients: number[][], logE: number])[];
  readonly failover: readonly FailoverVector[];
  readonly plan: {
    readonly distribution: readonly (readonly [
      weights: number[],
      margin: number | null,
      most: number,
      withZero: number,
    ])[];
    readonly errorRate: readonly (readonly [below: number, most: number])[];
    readonly share: readonly (readonly [atLeast: number, most: number])[];
    readonly exclusive: readonly (readonly [leak: number, most: number])[];
  };
}

interface DistributionVector {
  readonly weights: Readonly<Record<string, number>>;
  readonly options: Pick<DistributionRule, 'margin' | 'leakLimit' | 'maxBlock'>;
  /** One letter for each answer, "!" for an error. */
  readonly text: string;
  readonly for: Number;
  readonly against: Number;
  readonly verdict: Words;
  readonly used: number;
  readonly units?: readonly number[];
  readonly unitVerdict?: Words;
  readonly unitUsed?: number;
}

interface FailoverVector {
  readonly calls: readonly (readonly [sentMs: number, receivedMs: number, letter: string])[];
  readonly event: number;
  readonly within: number;
  readonly maxErrors: number;
  readonly verdict: Words;
  readonly lower: Number;
  readonly upper: Number;
  readonly run: number;
}

/** Log e-values agree to this, absolutely. */
const TOLERANCE = 1e-9;
const VERDICTS = { pass: 'conformant', fail: 'non-conformant', inconclusive: 'inconclusive' } as const;
const labelOf = (letter: string): string => (letter === '!' ? ERROR_LABEL : letter);

/** One comparison: its place, what was computed, what was expected. */
type Comparison = readonly [
  place: string,
  actual: number | string,
  expected: number | string,
  tolerance?: number,
];

function isEqual([, actual, expected, tolerance = TOLERANCE]: Comparison): boolean {
  if (typeof actual === 'string') return actual === expected;
  const target = Number(expected);
  return actual === target || Math.abs(actual - target) <= tolerance;
}

/** Right to so many parts of the expected value. */
const relative = (expected: number, part: number): number => Math.abs(expected) * part;

function* numerics(vectors: Vectors): Generator<Comparison> {
  for (const [x, value] of vectors.lnGamma) {
    yield [`lnGamma(${String(x)})`, lnGamma(x), value, relative(value, 1e-15)];
  }
  for (const [a, b, value] of vectors.lnBeta)
    yield [`lnBeta(${String(a)}, ${String(b)})`, lnBeta(a, b), value, 1e-10];
  for (const [k, n, p, atMost, atLeast] of vectors.binomial) {
    yield [
      `P(S ≤ ${String(k)} | ${String(n)}, ${String(p)})`,
      binomialAtMost(k, n, p),
      atMost,
      relative(atMost, 1e-9),
    ];
    yield [
      `P(S ≥ ${String(k)} | ${String(n)}, ${String(p)})`,
      binomialAtLeast(k, n, p),
      atLeast,
      relative(atLeast, 1e-9),
    ];
  }
  for (const [hits, draws, alpha, low, high] of vectors.clopperPearson) {
    const bounds = clopperPearson(hits, draws, alpha);
    yield [`Clopper–Pearson low ${String(hits)}/${String(draws)}`, bounds.low, low];
    yield [`Clopper–Pearson high ${String(hits)}/${String(draws)}`, bounds.high, high];
  }
  for (const [hits, misses, low, high] of vectors.interval) {
    const estimate = shareEstimate({ hits, misses });
    yield [`interval low ${String(hits)}, ${String(misses)}`, estimate.low, low];
    yield [`interval high ${String(hits)}, ${String(misses)}`, estimate.high, high];
  }
}

function tallied(rule: CountingRule, letters: readonly string[]): Tally {
  const claim = claimOf(rule);
  const tally = new Tally(claim.labels);
  for (const letter of letters) if (claim.countsErrors || letter !== '!') tally.add(labelOf(letter));
  return tally;
}

function* evidenceOf(
  place: string,
  rule: CountingRule,
  [letters, logFor, logAgainst]: readonly [readonly string[], Number, Number],
): Generator<Comparison> {
  const evidence = claimOf(rule).evidence(tallied(rule, letters));
  yield [`${place}, for`, evidence.logFor, logFor];
  yield [`${place}, against`, evidence.logAgainst, logAgainst];
}

function* verdictOf(
  place: string,
  rule: CountingRule,
  vector: { observations: readonly Observation[]; verdict: Words; used: number },
): Generator<Comparison> {
  const test = new SequentialTest(rule);
  test.observe(...vector.observations);
  const { verdict, requests } = test.assess();
  yield [`${place}, verdict`, verdict, VERDICTS[vector.verdict]];
  // An outright refutation after a decision overturns it here, as it must; the reference stops reading there.
  yield [`${place}, requests`, requests, vector.used];
}

function* distributions(vectors: Vectors): Generator<Comparison> {
  for (const [index, vector] of vectors.distribution.entries()) {
    const place = `distribution ${String(index)}`;
    const rule = { kind: 'distribution', weights: vector.weights, ...vector.options } as const;
    const letters = Array.from(vector.text);
    yield* evidenceOf(place, rule, [letters, vector.for, vector.against]);
    const read = vector.verdict === 'inconclusive' ? letters : letters.slice(0, vector.used);
    const observations = read.map((letter) => ({ label: labelOf(letter) }));
    yield* verdictOf(place, rule, { observations, verdict: vector.verdict, used: vector.used });
    const { units, unitVerdict, unitUsed } = vector;
    if (units === undefined || unitVerdict === undefined || unitUsed === undefined) continue;
    const connected = letters.map((letter, i) => ({ label: labelOf(letter), connection: String(units[i]) }));
    const byUnit = { observations: connected, verdict: unitVerdict, used: unitUsed };
    yield* verdictOf(`${place} by connection`, { ...rule, unit: 'connection' }, byUnit);
  }
}

function* otherClaims(vectors: Vectors): Generator<Comparison> {
  for (const [bad, n, limit, logFor, logAgainst] of vectors.bound) {
    const evidence = boundEvidence({ hits: bad, misses: n - bad }, limit);
    yield [`bound ${String(bad)}/${String(n)} < ${String(limit)}, for`, evidence.logFor, logFor];
    yield [`bound ${String(bad)}/${String(n)} < ${String(limit)}, against`, evidence.logAgainst, logAgainst];
  }
  for (const [bad, n, leakLimit, logFor, logAgainst] of vectors.exclusive) {
    const letters = Array.from('b'.repeat(bad) + 'a'.repeat(n - bad));
    yield* evidenceOf('exclusive', { kind: 'exclusive', label: 'a', leakLimit }, [
      letters,
      logFor,
      logAgainst,
    ]);
  }
  for (const [text, labels, minShare, logFor, logAgainst] of vectors.reaches) {
    yield* evidenceOf('reaches', { kind: 'reaches', labels, minShare }, [
      Array.from(text),
      logFor,
      logAgainst,
    ]);
  }
}

function* diagnostics(vectors: Vectors): Generator<Comparison> {
  for (const [index, [text, logE, lag1, effective]] of vectors.dependence.entries()) {
    const tally = new Tally(['a', 'b', 'c']);
    for (const letter of text) tally.add(letter);
    const dependence = dependenceOf(tally.sequence());
    yield [`dependence ${String(index)}, logE`, dependence.logE, logE];
    yield [`dependence ${String(index)}, lag1`, dependence.lag1, lag1];
    yield [`dependence ${String(index)}, effective`, dependence.effectiveSampleSize, effective];
  }
  for (const [index, [clients, logE]] of vectors.heterogeneity.entries()) {
    yield [`heterogeneity ${String(index)}`, logHeterogeneity(clients), logE];
  }
}

function* failovers(vectors: Vectors): Generator<Comparison> {
  for (const [index, vector] of vectors.failover.entries()) {
    const { event: eventMs, within: withinMs, maxErrors } = vector;
    const test = new SequentialTest({ kind: 'failover', from: 'a', to: 'b', eventMs, withinMs, maxErrors });
    const calls = vector.calls.map(([sentMs, receivedMs, letter]) => ({
      label: labelOf(letter),
      sentMs,
      receivedMs,
    }));
    test.observe(...calls);
    const { verdict, switchMs } = test.assess();
    yield [`failover ${String(index)}`, verdict, VERDICTS[vector.verdict]];
    if (verdict !== 'conformant') continue;
    yield [`failover ${String(index)}, lower`, switchMs?.lower ?? NaN, vector.lower];
    yield [`failover ${String(index)}, upper`, switchMs?.upper ?? NaN, vector.upper];
  }
}

function* plans({ plan }: Vectors): Generator<Comparison> {
  for (const [list, margin, most, withZero] of plan.distribution) {
    const weights = Object.fromEntries(list.map((weight, index) => [`v${String(index)}`, weight]));
    const rule = { kind: 'distribution', weights, ...(margin !== null && { margin }) } as const;
    const zero = { ...rule, weights: { ...weights, never: 0 } };
    yield [`plan ${list.join(':')}`, planOf(rule).maxRequests, most];
    yield [`plan ${list.join(':')}:0`, planOf(zero).maxRequests, withZero];
  }
  for (const [below, most] of plan.errorRate)
    yield ['plan errors', planOf({ kind: 'errorRate', below }).maxRequests, most];
  for (const [atLeast, most] of plan.share) {
    yield ['plan share', planOf({ kind: 'share', label: 'local', atLeast }).maxRequests, most];
  }
  for (const [leakLimit, most] of plan.exclusive) {
    yield ['plan exclusive', planOf({ kind: 'exclusive', label: 'v3', leakLimit }).maxRequests, most];
  }
}

/** Compares everything. @returns how many numbers were compared, and a line for each that differs */
export function differences(vectors: Vectors): { compared: number; found: readonly string[] } {
  const parts = [numerics, distributions, otherClaims, diagnostics, failovers, plans];
  const all = parts.flatMap((part) => [...part(vectors)]);
  const wrong = all.filter((comparison) => !isEqual(comparison));
  const found = wrong.map(
    ([place, actual, expected]) => `${place}: computed ${String(actual)}, expected ${String(expected)}`,
  );
  return { compared: all.length, found };
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRule } from './parse-rule.ts';
import { judgementOf } from './judge.ts';
import { claimOf } from './claims/index.ts';
import type { Evidence } from './claims/claim.ts';
import type { CountingRule } from './claims/index.ts';
import { SequentialTest } from './sequential-test.ts';
import type { Snapshot } from './sequential-test.ts';
import { Tally } from './tally.ts';
import type { Assessment, Observation, Rule } from './types.ts';
import { ERROR_LABEL } from './types.ts';

const counting: CountingRule[] = [
  { kind: 'distribution', weights: { a: 1, b: 1 } },
  { kind: 'distribution', weights: { a: 3, b: 1, c: 0 }, unit: 'connection' },
  { kind: 'distribution', weights: { a: 1, b: 1, c: 1 } },
  { kind: 'exclusive', label: 'a' },
  { kind: 'exclusive', label: 'a', unit: 'connection' },
  { kind: 'reaches', labels: ['a', 'b'] },
  { kind: 'share', label: 'a', atLeast: 0.8 },
  { kind: 'share', label: 'a', atLeast: 0.8, unit: 'connection' },
  { kind: 'errorRate', below: 0.1 },
  { kind: 'errorRate', below: 0.1, unit: 'connection' },
];
const rules: Rule[] = [
  ...counting,
  { kind: 'failover', from: 'a', to: 'b', eventMs: [100, 120], withinMs: 500, maxErrors: 3 },
];

const label = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'c', ERROR_LABEL);
const observation: fc.Arbitrary<Observation> = fc.record(
  {
    label,
    sentMs: fc.integer({ min: 0, max: 2000 }),
    receivedMs: fc.integer({ min: 0, max: 2000 }),
    connection: fc.constantFrom('1', '2', '3', '4'),
    client: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: ['label'] },
);
/** Long streams of few kinds, so that looks decide and clients differ. */
const stream = fc
  .array(fc.tuple(fc.array(observation, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 60 })), {
    maxLength: 6,
  })
  .map((parts) => parts.flatMap(([motif, times]) => Array.from({ length: times }, () => motif).flat()));
const anyRule = fc.constantFrom(...rules);

function assess(rule: Rule, observations: readonly Observation[]): Assessment {
  const sequential = new SequentialTest(rule);
  sequential.observe(...observations);
  return sequential.assess();
}

function evidence(rule: CountingRule, observations: readonly Observation[]): Evidence {
  const claim = claimOf(rule);
  const tally = new Tally(claim.labels);
  for (const { label: seen } of observations) if (claim.countsErrors || seen !== ERROR_LABEL) tally.add(seen);
  return claim.evidence(tally);
}

test('a test that is saved and restored at any point goes on as if nothing had happened', () => {
  fc.assert(
    fc.property(anyRule, stream, fc.double({ min: 0, max: 1, noNaN: true }), (rule, observations, part) => {
      const split = Math.floor(part * observations.length);
      const first = new SequentialTest(rule);
      first.observe(...observations.slice(0, split));
      const snapshot = JSON.parse(JSON.stringify(first.snapshot())) as Snapshot;
      const second = SequentialTest.restore(rule, snapshot);
      second.observe(...observations.slice(split));
      expect(second.assess()).toEqual(assess(rule, observations));
      expect(second.total).toBe(observations.length);
    }),
    { numRuns: 60 },
  );
});

test('it does not matter in what batches answers come, nor whether one looks between', () => {
  fc.assert(
    fc.property(anyRule, stream, (rule, observations) => {
      const one = new SequentialTest(rule);
      for (const [index, each] of observations.entries()) {
        one.observe(each);
        if (index % 7 === 0) one.assess();
      }
      expect(one.assess()).toEqual(assess(rule, observations));
    }),
    { numRuns: 30 },
  );
});

test('nothing is ever conformant without answers, nor with errors alone', () => {
  fc.assert(
    fc.property(anyRule, fc.integer({ min: 0, max: 300 }), (rule, errors) => {
      const lost = Array.from({ length: errors }, () => ({
        label: ERROR_LABEL,
        sentMs: 150,
        receivedMs: 160,
      }));
      expect(assess(rule, lost).verdict).not.toBe('conformant');
    }),
    { numRuns: 60 },
  );
});

test('errors change no evidence about which labels answer', () => {
  const labelRule = fc.constantFrom(...counting.filter(({ kind }) => kind !== 'errorRate'));
  fc.assert(
    fc.property(labelRule, stream, (rule, observations) => {
      const answers = observations.filter((each) => each.label !== ERROR_LABEL);
      expect(evidence(rule, observations)).toEqual(evidence(rule, answers));
    }),
    { numRuns: 60 },
  );
});

test('names do not matter: exchanging two labels and their weights exchanges nothing else', () => {
  const swap: Record<string, string> = { a: 'b', b: 'a' };
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 9 }), (observations, weight) => {
      const swapped = observations.map((each) => ({ ...each, label: swap[each.label] ?? each.label }));
      const rule = (a: number, b: number): CountingRule => ({ kind: 'distribution', weights: { a, b } });
      const here = evidence(rule(weight, 1), observations);
      const there = evidence(rule(1, weight), swapped);
      expect(there.logFor).toBe(here.logFor === -Infinity ? -Infinity : there.logFor);
      if (Number.isFinite(here.logFor)) expect(there.logFor).toBeCloseTo(here.logFor, 9);
      if (Number.isFinite(here.logAgainst)) expect(there.logAgainst).toBeCloseTo(here.logAgainst, 9);
    }),
    { numRuns: 60 },
  );
});

test('the order of answers does not matter where they are taken for independent', () => {
  const unordered = counting.filter(({ kind }) => kind !== 'distribution');
  const sorted = (observations: readonly Observation[]): Observation[] =>
    [...observations].sort((one, other) => one.label.localeCompare(other.label));
  fc.assert(
    fc.property(fc.constantFrom(...unordered), stream, (rule, observations) => {
      expect(evidence(rule, sorted(observations))).toEqual(evidence(rule, observations));
    }),
    { numRuns: 60 },
  );
});

test('a good answer more never weakens a claim without exceptions, an error more never helps a bound', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 200 }), (good, bad) => {
      const answers = (label: string, count: number): Observation[] =>
        Array.from({ length: count }, () => ({ label }));
      const alone: CountingRule = { kind: 'exclusive', label: 'a' };
      const bound: CountingRule = { kind: 'errorRate', below: 0.05 };
      const less = evidence(alone, answers('a', good)).logFor;
      expect(evidence(alone, answers('a', good + 1)).logFor).toBeGreaterThan(less);
      const mixed = [...answers('a', good), ...answers(ERROR_LABEL, bad)];
      const worse = evidence(bound, [...mixed, { label: ERROR_LABEL }]).logFor;
      expect(worse).toBeLessThanOrEqual(Math.max(0, evidence(bound, mixed).logFor) + 1e-9);
    }),
    { numRuns: 60 },
  );
});

test('evidence is a number, never NaN, for any stream', () => {
  fc.assert(
    fc.property(fc.constantFrom(...counting), stream, (rule, observations) => {
      const { logFor, logAgainst } = evidence(rule, observations);
      expect(Number.isNaN(logFor) || Number.isNaN(logAgainst)).toBe(false);
      expect(logFor > 0 && logAgainst > 0 && logFor + logAgainst > 30).toBe(false);
    }),
    { numRuns: 100 },
  );
});

/** Fractions of every size, some nearer to 0 or 1 than a rule may have. */
const fraction = fc
  .tuple(fc.double({ min: -20, max: 0, noNaN: true }), fc.boolean())
  .map(([exponent, isNearAll]) => (isNearAll ? 1 - 10 ** exponent : 10 ** exponent));
const weights = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.oneof(fraction, fc.constantFrom(0, 1, 2)),
  {
    minKeys: 1,
  },
);
const unit = fc.constantFrom('request', 'connection');
const risk = fc.record({ falsePass: fraction, falseFail: fraction }, { requiredKeys: [] });
const extremeRule = fc
  .oneof(
    fc.record(
      {
        kind: fc.constant('distribution'),
        weights,
        margin: fraction,
        acceptable: fraction,
        leakLimit: fraction,
        maxBlock: fraction.map((part) => 1 / part),
        unit,
        risk,
      },
      { requiredKeys: ['kind', 'weights'] },
    ),
    fc.record(
      { kind: fc.constant('exclusive'), label, leakLimit: fraction, risk },
      { requiredKeys: ['kind', 'label'] },
    ),
    fc.record(
      {
        kind: fc.constant('reaches'),
        labels: fc.uniqueArray(label, { minLength: 1 }),
        minShare: fraction,
        risk,
      },
      { requiredKeys: ['kind', 'labels'] },
    ),
    fc.record({ kind: fc.constant('share'), label, atLeast: fraction, unit, risk }),
    fc.record({ kind: fc.constant('errorRate'), below: fraction, unit, risk }),
  )
  .map(checkRule)
  .filter((parsed) => 'rule' in parsed)
  .map(({ rule }) => rule);

test('any rule that is accepted is judged to an end, in numbers, whatever the answers', () => {
  fc.assert(
    fc.property(extremeRule, stream, (rule, observations) => {
      const sequential = new SequentialTest(rule);
      sequential.observe(...observations);
      const { verdict, plan, logEvidenceFor, logEvidenceAgainst } = judgementOf(sequential);
      expect(['conformant', 'non-conformant', 'inconclusive']).toContain(verdict);
      expect(Object.values(plan as object)).not.toContain(NaN);
      for (const log of [logEvidenceFor, logEvidenceAgainst]) {
        expect(typeof log === 'number' || log === 'Infinity' || log === '-Infinity').toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

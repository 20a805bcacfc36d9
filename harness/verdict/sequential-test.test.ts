import { expect, test } from 'vitest';
import { distribution, errorRate, exclusive, reaches, share } from './rules.ts';
import { SequentialTest } from './sequential-test.ts';
import type { Assessment, Observation, Rule } from './types.ts';

/** Answers written as letters: "aab", "!" for an error. */
const answers = (text: string, more: Partial<Observation> = {}): Observation[] =>
  Array.from(text, (letter) => ({ label: letter === '!' ? 'error' : letter, ...more }));

function assess(rule: Rule, ...observations: readonly Observation[]): Assessment {
  const sequential = new SequentialTest(rule);
  sequential.observe(...observations);
  return sequential.assess();
}

const even = distribution({ a: 1, b: 1 });

test('no answer at all is inconclusive for want of data, and so are errors alone', () => {
  expect(assess(even)).toMatchObject({ verdict: 'inconclusive', reason: 'no-data', requests: 0 });
  expect(assess(even, ...answers('!'.repeat(500)))).toMatchObject({
    verdict: 'inconclusive',
    reason: 'no-data',
  });
});

test('it decides at the first decisive look, a multiple of 25, and keeps that verdict', () => {
  const result = assess(even, ...answers('ab'.repeat(1000)));
  expect(result).toMatchObject({ verdict: 'conformant', reason: 'evidence', requests: 375 });
  expect(result.counts).toEqual({ a: 188, b: 187 });
  expect(assess(even, ...answers('ab'.repeat(187)), ...answers('a'.repeat(1000)))).toMatchObject({
    verdict: 'conformant',
    requests: 375,
  });
});

test('the end of the answers is a look too', () => {
  expect(assess(even, ...answers('ab'.repeat(186)))).toMatchObject({ verdict: 'conformant', requests: 372 });
});

test('one foreign answer refutes, also long after the claim was found conformant', () => {
  const late = assess(even, ...answers('ab'.repeat(1000)), ...answers('z'));
  expect(late).toMatchObject({ verdict: 'non-conformant', reason: 'refuted', requests: 2001 });
  expect(late.logEvidenceAgainst).toBe(Infinity);
  expect(assess(distribution({ a: 1, b: 1, c: 0 }), ...answers('abc'))).toMatchObject({ reason: 'refuted' });
  expect(assess(exclusive('a'), ...answers('ab'))).toMatchObject({ reason: 'refuted' });
});

test('a label alone passes after 688 answers, never with none or few', () => {
  expect(assess(exclusive('a'), ...answers('a'.repeat(687)))).toMatchObject({
    verdict: 'inconclusive',
    reason: 'budget',
  });
  expect(assess(exclusive('a'), ...answers('a'.repeat(688)))).toMatchObject({
    verdict: 'conformant',
    requests: 688,
  });
});

test('errors are no answers to a distribution, and count for an error rate', () => {
  const text = 'ab!'.repeat(1000);
  expect(assess(even, ...answers(text)).verdict).toBe('conformant');
  expect(assess(errorRate({ below: 0.01 }), ...answers(text)).verdict).toBe('non-conformant');
  expect(assess(errorRate({ below: 0.01 }), ...answers('a'.repeat(1000))).verdict).toBe('conformant');
});

test('a label that never answers is missed, one that does once is seen', () => {
  expect(assess(reaches(['a', 'b']), ...answers('a'.repeat(300)))).toMatchObject({
    verdict: 'non-conformant',
  });
  expect(assess(reaches(['a', 'b']), ...answers('aab'))).toMatchObject({
    verdict: 'conformant',
    reason: 'seen',
  });
  expect(assess(reaches(['a', 'b']), ...answers('aa'))).toMatchObject({ verdict: 'inconclusive' });
});

test('a preferred label needs its share', () => {
  const near = share('a', { atLeast: 0.95 });
  expect(assess(near, ...answers('a'.repeat(300))).verdict).toBe('conformant');
  expect(assess(near, ...answers('ab'.repeat(100))).verdict).toBe('non-conformant');
});

test('answers in blocks are inconclusive because they are clustered, with their effective number', () => {
  const blocks = answers(('a'.repeat(20) + 'b'.repeat(20)).repeat(50));
  const result = assess(even, ...blocks);
  expect(result).toMatchObject({
    verdict: 'inconclusive',
    reason: 'clustered',
    dependence: { kind: 'clustered' },
  });
  expect(result.dependence?.effectiveSampleSize).toBeLessThan(200);
});

test('clients that each see another version are pinned: no verdict from shares, but a foreign answer still refutes', () => {
  const pinned = Array.from({ length: 400 }, () => [
    { label: 'a', client: 'one' },
    { label: 'b', client: 'two' },
  ]).flat();
  expect(assess(even, ...pinned)).toMatchObject({
    verdict: 'inconclusive',
    reason: 'pinned',
    homogeneity: { clients: 2 },
  });
  expect(assess(even, ...pinned, { label: 'z', client: 'one' })).toMatchObject({ reason: 'refuted' });
  expect(assess(reaches(['a', 'b']), ...pinned)).toMatchObject({ verdict: 'conformant', reason: 'seen' });
});

test('what follows what is never counted across clients', () => {
  const turns = Array.from({ length: 2000 }, (_, i) => ({
    label: 'aabb'[i % 4] ?? '',
    client: String(i % 2),
  }));
  expect(assess(even, ...turns).dependence?.lag1).toBeCloseTo(-1, 1);
  expect(assess(even, ...turns.map(({ label }) => ({ label }))).dependence?.lag1).toBeCloseTo(0, 1);
});

test('where the unit is the connection, its repetitions do not count, and the message says so', () => {
  const byConnection = distribution({ a: 1, b: 1 }, { unit: 'connection' });
  const kept = Array.from({ length: 4000 }, (_, i) => ({
    label: i % 2 ? 'a' : 'b',
    connection: String(i % 20),
  }));
  expect(assess(byConnection, ...kept)).toMatchObject({
    verdict: 'inconclusive',
    reason: 'units',
    independentUnits: 20,
  });
  const fresh = kept.map((observation, i) => ({ ...observation, connection: String(i) }));
  expect(assess(byConnection, ...fresh).verdict).toBe('conformant');
  expect(assess(byConnection, ...answers('ab'.repeat(2000)))).toMatchObject({
    reason: 'units',
    independentUnits: 1,
  });
});

test('a foreign answer, an error or a first sighting counts although its connection repeats', () => {
  const unit = { unit: 'connection' } as const;
  const kept = answers('a'.repeat(2000), { connection: '1' });
  const foreign = answers('z', { connection: '1' });
  expect(assess(exclusive('a', unit), ...kept, ...foreign)).toMatchObject({ reason: 'refuted' });
  expect(assess(reaches(['a', 'z'], unit), ...kept, ...foreign)).toMatchObject({ reason: 'seen' });
  const failing = answers('aaaaaaaaa!'.repeat(200), { connection: '1' });
  expect(assess(errorRate({ below: 0.01, ...unit }), ...failing).verdict).toBe('non-conformant');
  expect(assess(errorRate({ below: 0.01, ...unit }), ...kept)).toMatchObject({
    verdict: 'inconclusive',
    reason: 'units',
  });
});

test('where connections repeat, an answer from elsewhere is never dropped from a share that stays', () => {
  const rule = share('local', { atLeast: 0.95, unit: 'connection' });
  const calls = (labels: readonly string[], connection: number): Observation[] =>
    labels.map((label) => ({ label, connection: String(connection) }));
  const connections = Array.from({ length: 400 }, (_, connection) => connection);
  const nine = Array.from({ length: 9 }, () => 'remote');
  const turning = connections.flatMap((connection) => calls(['local', ...nine], connection));
  expect(assess(rule, ...turning)).toMatchObject({
    verdict: 'inconclusive',
    reason: 'units',
    independentUnits: 400,
    counts: { local: 400, remote: 3600 },
  });
  const staying = connections.flatMap((connection) => calls(['local', 'local', 'local'], connection));
  expect(assess(rule, ...staying)).toMatchObject({ verdict: 'conformant', requests: 150 });
  const away = connections.flatMap((connection) => calls(['remote', ...nine], connection));
  expect(assess(rule, ...away).verdict).toBe('non-conformant');
});

test('a connection that stays elsewhere is one draw, however many answers come on it', () => {
  const rule = share('local', { atLeast: 0.95, unit: 'connection' });
  const pinned = Array.from({ length: 4000 }, (_, i) => {
    const connection = Math.floor(i / 100);
    return {
      label: connection === 7 || connection === 23 ? 'remote' : 'local',
      connection: String(connection),
    };
  });
  const result = assess(rule, ...pinned);
  expect(result).toMatchObject({
    verdict: 'inconclusive',
    independentUnits: 40,
    shares: { local: { estimate: 0.95 } },
  });
  expect(result.logEvidenceAgainst).toBeLessThan(1);
});

test('evidence stored by connection goes on as if it had not been', () => {
  const rule = share('a', { atLeast: 0.95, unit: 'connection' });
  const first = new SequentialTest(rule);
  first.observe(...answers('abbb', { connection: '1' }));
  const second = SequentialTest.restore(rule, first.snapshot());
  second.observe(...answers('b', { connection: '1' }), ...answers('ab', { connection: '2' }));
  const whole = assess(rule, ...answers('abbbb', { connection: '1' }), ...answers('ab', { connection: '2' }));
  expect(second.assess()).toEqual(whole);
});

test('rare errors on kept connections are no failure of a bound they keep', () => {
  const rule = errorRate({ below: 0.01, unit: 'connection' });
  const calls = Array.from({ length: 20_000 }, (_, i) => ({
    label: i % 1000 === 999 ? 'error' : 'a',
    connection: String(Math.floor(i / 100)),
  }));
  expect(assess(rule, ...calls).verdict).not.toBe('non-conformant');
});

test('a snapshot is evidence for its own rule and risks only', () => {
  const snapshot = new SequentialTest(even).snapshot();
  expect(() => SequentialTest.restore(distribution({ a: 2, b: 1 }), snapshot)).toThrow(
    /expected evidence for .*found/,
  );
  expect(() => SequentialTest.restore(even, snapshot, { falsePass: 0.5 })).toThrow(/found evidence/);
});

test('a broken stream starts a new chain of answers', () => {
  const whole = new SequentialTest(even);
  whole.observe(...answers('aabb'));
  whole.interrupt();
  whole.observe(...answers('bb'));
  const parts = new SequentialTest(even);
  parts.observe(...answers('aabb', { client: 'first' }), ...answers('bb', { client: 'second' }));
  expect(whole.assess().dependence?.lag1).toBe(parts.assess().dependence?.lag1);
});

test('memory does not grow with the number of answers, nor with the labels they bring', () => {
  const sequential = new SequentialTest(reaches(['never', 'a']));
  for (let i = 0; i < 5000; i++) sequential.observe({ label: `v${String(i)}` });
  const small = JSON.stringify(sequential.snapshot()).length;
  for (let i = 0; i < 20_000; i++) sequential.observe({ label: `w${String(i)}` });
  expect(JSON.stringify(sequential.snapshot()).length).toBeLessThan(small + 100);
});

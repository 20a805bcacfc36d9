import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAnswers } from './answers.ts';
import { exitCodeOf, judge } from './judge.ts';
import type { Observation, Rule } from './types.ts';

const even: Rule = { kind: 'distribution', weights: { v1: 1, v2: 1 } };

async function answersIn(lines: readonly string[]): Promise<Observation[]> {
  const answers: Observation[] = [];
  for await (const answer of parseAnswers(lines)) answers.push(answer);
  return answers;
}

test('a label a line, blank lines aside', async () => {
  expect(await answersIn(['', ' v1\r', '', '{"label":"v2"}'])).toEqual([
    { label: 'v1' },
    { label: '{"label":"v2"}' },
  ]);
});

test('NDJSON if the first line that is not blank starts with a brace; further fields are let be', async () => {
  const lines = [
    '  ',
    '{"label":"v1","sentMs":1,"receivedMs":2.5,"connection":4711,"client":"a","status":200}',
  ];
  expect(await answersIn(lines)).toEqual([
    { label: 'v1', sentMs: 1, receivedMs: 2.5, connection: '4711', client: 'a' },
  ]);
  expect(await answersIn(['{"label":"v1","client":null}'])).toEqual([{ label: 'v1' }]);
});

test.each(['{"label":"v1"', 'v1', '{}', '{"label":""}', '{"label":7}', '[1]', 'null'])(
  'the line %s among NDJSON is a lost call',
  async (line) => {
    expect(await answersIn(['{"label":"v2"}', line])).toEqual([{ label: 'v2' }, { label: 'error' }]);
  },
);

test.each([
  '{"label":"v1","sentMs":"1795344012604"}',
  '{"label":"v1","sentMs":1e999,"receivedMs":[1]}',
  '{"label":"v1","connection":{"id":1},"client":true}',
])('of %s only the label can be read, and it is who answered', async (line) => {
  expect(await answersIn([line])).toEqual([{ label: 'v1' }]);
});

test('an answer from elsewhere refutes, also where its time cannot be read', async () => {
  const answers = Array.from({ length: 700 }, () => '{"label":"v3"}');
  const foreign = '{"label":"v1","sentMs":"1795344012604"}';
  expect(await judge({ kind: 'exclusive', label: 'v3' }, [...answers, foreign])).toMatchObject({
    verdict: 'non-conformant',
    reason: 'refuted',
  });
});

test('reading answers never throws and never skips a line that is not blank', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.json())), async (lines) => {
      const written = lines.filter((line) => line.trim() !== '');
      expect(await answersIn(lines)).toHaveLength(written.length);
    }),
  );
});

test('no answers are inconclusive', async () => {
  expect(await judge(even, [])).toMatchObject({
    verdict: 'inconclusive',
    reason: 'no-data',
    requests: 0,
    total: 0,
  });
});

test('the judgement has the promised fields, and says how many answers it used of those read', async () => {
  const judgement = await judge(
    even,
    Array.from({ length: 1000 }, (_, i) => `v${String((i % 2) + 1)}`),
  );
  expect(Object.keys(judgement)).toEqual([
    ...['verdict', 'reason', 'message', 'requests', 'total', 'counts', 'shares'],
    ...['logEvidenceFor', 'logEvidenceAgainst', 'dependence', 'risk', 'plan'],
  ]);
  expect(judgement).toMatchObject({
    verdict: 'conformant',
    requests: 375,
    total: 1000,
    counts: { v1: 188, v2: 187 },
  });
  expect(judgement.message).toBe(
    'expected: v1 answers 50 % and v2 answers 50 % of calls, each within 10 points; no other answers; ' +
      'saw v1 188 (50.13 %), v2 187 (49.87 %) in 375 calls; a mesh outside the tolerance passes at most 1 in 1,000 times',
  );
});

test('infinite evidence is a word and survives JSON; a rule without evidence has null', async () => {
  const refuted = await judge({ kind: 'exclusive', label: 'v1' }, ['v1', 'v2']);
  expect(refuted).toMatchObject({ logEvidenceFor: '-Infinity', logEvidenceAgainst: 'Infinity' });
  expect(JSON.parse(JSON.stringify(refuted))).toEqual(refuted);
  const rule: Rule = { kind: 'failover', from: 'v1', to: 'v2', eventMs: 0, withinMs: 1000, maxErrors: 0 };
  expect(await judge(rule, ['{"label":"v1","sentMs":5,"receivedMs":6}'])).toMatchObject({
    logEvidenceFor: null,
    logEvidenceAgainst: null,
    switchMs: { lower: 5, upper: 'Infinity' },
    errors: 0,
  });
});

test('a label that is the name of an inherited property is a label like any other', async () => {
  const judgement = await judge(even, ['__proto__', 'constructor', 'toString']);
  expect(JSON.stringify(judgement)).toContain('"counts":{"__proto__":1,"constructor":1,"toString":1}');
});

test('each verdict has its exit code', () => {
  expect((['conformant', 'non-conformant', 'inconclusive'] as const).map(exitCodeOf)).toEqual([0, 1, 3]);
});

test('a phase of calls that go on is judged without what arrived before it began', async () => {
  const exclusive: Rule = { kind: 'exclusive', label: 'v2' };
  const line = (label: string, receivedMs: number): string => JSON.stringify({ label, receivedMs });
  const answers = [
    ...Array.from({ length: 100 }, (_, at) => line('v1', at)),
    ...Array.from({ length: 1000 }, (_, at) => line('v2', 100 + at)),
  ];
  expect(await judge(exclusive, answers)).toMatchObject({ verdict: 'non-conformant' });
  expect(await judge(exclusive, answers, { since: 100 })).toMatchObject({
    verdict: 'conformant',
    counts: { v2: 700 },
  });
  expect(await judge(exclusive, answers, { since: 99 })).toMatchObject({ verdict: 'non-conformant' });
  expect(await judge(exclusive, answers, { since: 100, until: 100 })).toMatchObject({
    reason: 'no-data',
    total: 0,
  });
});

test('an answer may be called as a property that every object has', async () => {
  const rule: Rule = { kind: 'failover', from: 'v1', to: 'v2', eventMs: 0, withinMs: 1000, maxErrors: 3 };
  const { message } = await judge(rule, ['{"label":"constructor","sentMs":1,"receivedMs":2}']);
  expect(message).toContain('saw constructor 1 in 1 call');
});

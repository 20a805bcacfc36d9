import { expect, test } from 'vitest';
import { distribution } from '../../harness/verdict/rules.ts';
import { meshesOf, outcomesOf } from './operating-characteristics.ts';
import { randomFrom } from './random.ts';

const RUNS = 20;
const rule = distribution({ v1: 1, v2: 1 });
const meshes = meshesOf(randomFrom(7));

test.each([
  ['50/50', 'conformant'],
  ['in turn', 'conformant'],
  ['70/30', 'non-conformant'],
  ['100/0', 'non-conformant'],
  ['sticky 50/50', 'inconclusive'],
] as const)('a claim of 1:1 about answers %s is always %s', (name, verdict) => {
  expect(outcomesOf(rule, meshes[name] ?? expect.fail(), RUNS)[verdict]).toBe(RUNS);
});

test('a claim of 1:1 about answers at the edge of the margin, 60/40, never passes', () => {
  expect(outcomesOf(rule, meshes['60/40'] ?? expect.fail(), RUNS).conformant).toBe(0);
});

test('one-label streams at 1:1 fail after exactly 200 answers, round robin passes after 375', () => {
  expect(outcomesOf(rule, meshes['100/0'] ?? expect.fail(), 1).requests).toBe(200);
  expect(outcomesOf(rule, meshes['in turn'] ?? expect.fail(), 1).requests).toBe(375);
});

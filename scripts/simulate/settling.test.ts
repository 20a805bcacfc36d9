import { expect, test } from 'vitest';
import { randomFrom } from './random.ts';
import { settlingMeshes, settlingOutcomes } from './settling.ts';

const RUNS = 4;
const meshes = settlingMeshes(randomFrom(3));

test.each([
  ['at 1/2 of the time', 'conformant'],
  ['at the limit', 'conformant'],
  ['at twice the limit', 'non-conformant'],
  ['never: 70/30', 'non-conformant'],
] as const)('a mesh that settles %s is %s', (name, verdict) => {
  expect(settlingOutcomes(meshes[name] ?? expect.fail(), RUNS)[verdict]).toBe(RUNS);
});

test('any of several attempts would pass a mesh that settles too late', () => {
  expect(settlingOutcomes(meshes['at twice the limit'] ?? expect.fail(), RUNS).anyAttempt).toBe(RUNS);
});

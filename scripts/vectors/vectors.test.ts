import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { differences } from './differences.ts';
import type { Vectors } from './differences.ts';

const file = new URL('../../harness/verdict/vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

test('the port agrees with the reference: log e-values to 1e-9, verdicts and budgets always', () => {
  const { compared, found } = differences(vectors);
  expect(found).toEqual([]);
  expect(compared).toBeGreaterThan(1000);
});

test('the comparison notices a log e-value that is off by 2e-9, a wrong verdict and a wrong budget', () => {
  const [bound, distribution] = [vectors.bound.slice(0, 1), vectors.distribution.slice(0, 1)];
  const off = bound.map(
    ([bad, n, r, logFor, ...rest]) => [bad, n, r, Number(logFor) + 2e-9, ...rest] as const,
  );
  const wrong = distribution.map((vector) => ({
    ...vector,
    verdict: vector.verdict === 'pass' ? ('fail' as const) : ('pass' as const),
  }));
  const plan = { ...vectors.plan, exclusive: [[0.01, 675]] as const };
  const { found } = differences({ ...vectors, bound: off, distribution: wrong, plan });
  expect(found).toHaveLength(3);
});

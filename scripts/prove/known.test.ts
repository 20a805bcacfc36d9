import { expect, test } from 'vitest';
import { Known } from './known.ts';
import { prove, type HealthyOutcome } from './prove.ts';
import type { Outcome, Row } from './types.ts';

const row: Row = {
  ...{ defect: 'other-root', suite: 'multi-primary', variant: 'flat', claim: 'M8', checks: [] },
  right: 'non-conformant',
};
const outcome: Outcome = {
  ...{ seed: 1, exit: 0, seconds: 7, detected: false, named: [], requests: 3 },
  problems: ['expected exit 1, saw 0'],
};
const healthy = { suite: 'hybrid', balancer: 'RANDOM' } as const;
const fine: HealthyOutcome = { seed: 1, exit: 0, seconds: 9, conformant: 81, problems: [] };
const known = new Known([
  { rows: [{ row, outcomes: [outcome] }], healthy: [], seconds: 60, starved: 1 },
  { rows: [], healthy: [{ healthy, outcomes: [fine] }], seconds: 40, starved: 0 },
]);

test('what another part has is not played again, whatever came of it', async () => {
  const plan = { rows: [row], seeds: 1, healthy: [healthy], times: 1, simulated: 0, jobs: 1, known };
  const matrix = await prove(plan, 'not-used', () => undefined);
  expect(matrix.rows).toEqual([{ row, outcomes: [outcome] }]);
  expect(matrix.healthy).toEqual([{ healthy, outcomes: [fine] }]);
  expect(matrix).toMatchObject({ holds: false, starved: 1, knownBefore: 2 });
  expect(Math.round(matrix.seconds)).toBe(100);
});

test('another seed, and a row that is stated otherwise now, are not known', () => {
  expect(known.ofRow(row, 1)).toBe(outcome);
  expect(known.ofRow(row, 2)).toBeUndefined();
  expect(known.ofRow({ ...row, right: 'inconclusive' }, 1)).toBeUndefined();
  expect(known.ofHealthy({ ...healthy, suite: 'ingress' }, 1)).toBeUndefined();
});

import { describe, expect, test } from 'vitest';
import { compare } from './compare.ts';
import { falseAlarms } from './healthy.ts';
import type { Played, Right, SeenCheck } from './types.ts';

const check = (name: string, verdict: string): SeenCheck => ({
  ...{ id: `multi-primary/flat/M2/${name}`, claim: 'M2', verdict, requests: 300, message: 'as seen' },
});
const played = (exit: number, ...checks: SeenCheck[]): Played => ({
  ...{ seed: 1, exit, seconds: 9, checks, folder: '' },
});
const row = (right: Right, ...checks: string[]) =>
  ({ defect: 'd', suite: 'multi-primary', variant: 'flat', claim: 'M2', checks, right }) as const;

describe('a run of a defect', () => {
  test('is as stated when it exits as it should and the check is named', () => {
    const seen = played(1, check('reaches', 'non-conformant'), check('halves', 'conformant'));
    expect(compare(row('non-conformant', 'reaches'), seen)).toEqual({
      ...{ seed: 1, exit: 1, seconds: 9, detected: true, requests: 300, problems: [] },
      named: ['multi-primary/flat/M2/reaches'],
    });
  });

  test('differs when the defect passes', () => {
    const { detected, problems } = compare(
      row('non-conformant', 'reaches'),
      played(0, check('reaches', 'conformant')),
    );
    expect([detected, problems]).toEqual([
      false,
      [
        'expected exit 1, saw 0',
        'multi-primary/flat/M2/reaches: expected non-conformant, saw conformant: as seen',
      ],
    ]);
  });

  test('differs when it is detected for another reason than the one stated', () => {
    const seen = played(1, check('reaches', 'non-conformant'), check('halves', 'conformant'));
    const { detected, problems } = compare(row('non-conformant', 'halves'), seen);
    expect([detected, problems.length]).toEqual([true, 1]);
  });

  test('differs when nothing of the claim was judged, or a named check is missing', () => {
    expect(compare(row('inconclusive'), played(3)).problems).toEqual([
      'nothing of multi-primary/flat/M2 was judged',
    ]);
    expect(compare(row('inconclusive', 'reaches'), played(3)).problems).toEqual([
      'multi-primary/flat/M2/reaches is not in the report',
    ]);
  });

  test.each([
    ['non-conformant', 1],
    ['inconclusive', 3],
  ])('at the edge may be %s, but not conformant', (verdict, exit) => {
    const edge = row('not conformant', 'halves');
    expect(compare(edge, played(exit, check('halves', verdict))).problems).toEqual([]);
    expect(compare(edge, played(0, check('halves', 'conformant'))).problems).toHaveLength(2);
  });
});

test('a healthy mesh is accused by any check that is neither conformant nor skipped', () => {
  expect(falseAlarms(played(0, check('reaches', 'conformant'), check('halves', 'skipped')))).toEqual([]);
  expect(falseAlarms(played(3, check('halves', 'inconclusive')))).toEqual([
    'expected exit 0, saw 3',
    'multi-primary/flat/M2/halves: inconclusive: as seen',
  ]);
});

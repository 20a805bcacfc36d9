import { expect, test } from 'vitest';
import { compare } from './compare.ts';
import { falseAlarms } from './healthy.ts';
import { starvedAlone } from './starved-alone.ts';
import type { Played, Row, SeenCheck } from './types.ts';

const check = (name: string, verdict: string, reason = 'evidence'): SeenCheck => ({
  ...{ id: `suite/flat/M1/${name}`, claim: 'M1', verdict, reason, requests: 10, message: 'seen' },
});
const starved = (name: string): SeenCheck => check(name, 'inconclusive', 'caller-starved');
const played = (exit: number, ...checks: readonly SeenCheck[]): Played => ({
  ...{ seed: 1, exit, seconds: 1, folder: '', checks },
});

test('a healthy run is played again where callers were starved, and not where the mesh was accused as well', () => {
  const again = (run: Played): boolean => starvedAlone(run, falseAlarms(run));
  expect(again(played(3, check('a', 'conformant'), starved('b')))).toBe(true);
  expect(again(played(3, check('a', 'conformant'), check('b', 'inconclusive', 'sampling-gap')))).toBe(true);
  expect(again(played(1, check('a', 'non-conformant'), starved('b')))).toBe(false);
  expect(again(played(3, check('a', 'inconclusive', 'budget'), starved('b')))).toBe(false);
  expect(again(played(0, check('a', 'conformant')))).toBe(false);
});

test('so is one with a defect where its own check was starved, and not where it was missed or caught', () => {
  const row: Row = {
    ...{ defect: 'any', suite: 'suite', variant: 'flat', claim: 'M1', checks: ['a'] },
    right: 'non-conformant',
  };
  const again = (run: Played): boolean => starvedAlone(run, compare(row, run).problems);
  expect(again(played(3, starved('a'), check('b', 'conformant')))).toBe(true);
  expect(again(played(3, check('a', 'conformant'), starved('b')))).toBe(false);
  expect(again(played(1, check('a', 'non-conformant'), starved('b')))).toBe(false);
});

import { describe, expect, test } from 'vitest';
import { exitCodeOf, verdictOf } from './outcome.ts';
import type { CheckRecord } from './types.ts';

function checks(...verdicts: CheckRecord['verdict'][]): { verdict: CheckRecord['verdict'] }[] {
  return verdicts.map((verdict) => ({ verdict }));
}

describe('the exit code of a run', () => {
  test.each([
    [['conformant', 'conformant'], 0],
    [['conformant', 'skipped'], 0],
    [['conformant', 'inconclusive', 'skipped'], 3],
    [['inconclusive', 'non-conformant', 'conformant'], 1],
    [['skipped', 'skipped'], 4],
    [[], 4],
  ] as const)('of %j is %i', (verdicts, code) => {
    expect(exitCodeOf(checks(...verdicts))).toBe(code);
  });

  test('is that of the signal which ended it', () => {
    expect(exitCodeOf(checks('non-conformant'), 'SIGINT')).toBe(130);
    expect(exitCodeOf(checks('conformant'), 'SIGTERM')).toBe(143);
  });
});

test('a run in which nothing was judged is not conformant', () => {
  expect(verdictOf(checks('skipped'))).toBe('skipped');
  expect(verdictOf([])).toBe('skipped');
});

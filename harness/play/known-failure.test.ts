import { expect, test } from 'vitest';
import type { Answer } from '../traffic/types.ts';
import { knownFailure } from './known-failure.ts';

const good: Answer = {
  sequence: 0,
  label: 'v2',
  status: 200,
  exitCode: 0,
  connects: 1,
  sentMs: 0,
  receivedMs: 1,
  durationMs: 1,
  client: 'sleep',
};
const refused: Answer = {
  ...good,
  label: 'error',
  status: 503,
  failure: 'status',
  excerpt: 'upstream connect error, reset reason: remote connection failure',
};
const unresolved: Answer = {
  ...good,
  label: 'error',
  status: 0,
  exitCode: 6,
  failure: 'resolve',
  excerpt: 'Could not resolve host: reviews',
};
const known = { status: 503, words: 'remote connection failure' };

/** Calls that are answered like this, round by round; the last goes on. `only` ends the wait after so many rounds. */
function calls(...rounds: readonly (readonly Answer[])[]): {
  sample: (requests: number) => Promise<readonly Answer[]>;
} {
  let round = 0;
  return {
    sample: (requests) => {
      const kinds = rounds[Math.min(round, rounds.length - 1)] ?? [];
      round += 1;
      return Promise.resolve(
        Array.from({ length: requests }, (_, index) => kinds[index % kinds.length] ?? good),
      );
    },
  };
}

test('tells how calls failed when all of 20 fail in the known way', async () => {
  expect(await knownFailure(calls([refused]), known)).toBe(
    '20 of 20 calls: HTTP 503 (upstream connect error, reset reason: remote connection failure)',
  );
  expect(await knownFailure(calls([unresolved]), { exitCode: 6 })).toBe(
    '20 of 20 calls: curl exit 6 (Could not resolve host: reviews)',
  );
});

test('looks again while answers of before still come', async () => {
  expect(await knownFailure(calls([good], [good, refused], [refused]), known)).toContain('20 of 20');
});

test.each([
  ['calls that work', [good]],
  ['calls that fail now and then', [good, refused]],
  ['another status', [{ ...refused, status: 500 }]],
  ['the same status for another reason', [{ ...refused, excerpt: 'no healthy upstream' }]],
  ['no answer at all', [unresolved]],
])('%s are not the known failure, and have to be measured', async (_what, answers) => {
  expect(await knownFailure(calls(answers), known, { withinMs: 700 })).toBeUndefined();
});

test('a run that is interrupted does not wait', async () => {
  const stop = AbortSignal.abort(new Error('stopped'));
  await expect(knownFailure(calls([good]), known, { signal: stop })).rejects.toThrow('stopped');
});

import { expect, test } from 'vitest';
import type { Answer } from '../traffic/types.ts';
import { HeardAnswers, type Event } from './heard-answers.ts';

const TIMEOUT_MS = 5000;
const began = Date.now() - 1000;
const event: Event = { what: 'it begins', sentMs: began, acknowledgedMs: began };

/** A call of the loop, which begins one each 100 ms. */
const answer = (sequence: number, more: Partial<Answer> = {}): Answer => ({
  ...{ sequence, label: 'v1', status: 200, exitCode: 0, connects: 1, client: 'sleep' },
  ...{ sentMs: began + 100 * sequence, receivedMs: began + 100 * sequence + 20, durationMs: 20 },
  ...more,
});

const heard = (...answers: readonly Answer[]): HeardAnswers => {
  const all = new HeardAnswers(TIMEOUT_MS);
  answers.forEach((one) => {
    all.take(one);
  });
  return all;
};

const sequences = (answers: readonly Answer[]): number[] => answers.map(({ sequence }) => sequence);

test('what was sent after a call under way is held back until that one has told its outcome', () => {
  const answers = heard(answer(0), answer(1), answer(3), answer(4));
  expect(sequences(answers.complete(event, false))).toEqual([0, 1]);
  answers.take(answer(2, { label: 'error', failure: 'timeout', receivedMs: began + 5200 }));
  expect(sequences(answers.complete(event, false))).toEqual([0, 1, 2, 3, 4]);
  expect(sequences(answers.since(event))).toEqual([0, 1, 3, 4, 2]);
});

test('a loop is silent when not even a lost call was told for longer than one may take', () => {
  const receivedMs = (ago: number): Partial<Answer> => ({ receivedMs: Date.now() - ago });
  expect(heard().isSilent()).toBe(true);
  expect(heard(answer(0, receivedMs(TIMEOUT_MS + 1000))).isSilent()).toBe(false);
  expect(heard(answer(0, receivedMs(TIMEOUT_MS + 3000))).isSilent()).toBe(true);
});

test('a call that never tells its outcome holds nothing back for ever', () => {
  const longAgo = { sentMs: Date.now() - TIMEOUT_MS - 3000, receivedMs: Date.now() };
  const answers = heard(answer(0), answer(2, longAgo), answer(3));
  expect(sequences(answers.complete(event, false))).toEqual([0, 2]);
  expect(sequences(answers.complete(event, true))).toEqual([0, 2, 3]);
});

test('figures tell what was lost, how, and when', () => {
  const lost = { label: 'error', failure: 'timeout', status: 200 } as const;
  const answers = heard(
    answer(0),
    answer(1, lost),
    answer(2, { ...lost, failure: 'status', status: 503 }),
    answer(3),
  );
  expect(answers.figures(event, ['v1'])).toEqual({
    ...{ calls: 4, lostRequests: 2, firstFailureMs: 120, lastFailureMs: 220, lastOldAnswerMs: 320 },
    failures: '1 × timeout, 1 × HTTP 503',
  });
  expect(heard().figures(event, [])).toEqual({ calls: 0, lostRequests: 0 });
});

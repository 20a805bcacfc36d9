import { expect, test } from 'vitest';
import type { Answer } from '../traffic/types.ts';
import { failover } from '../verdict/rules.ts';
import { assessed } from './paired-tests.ts';
import { samplingGap, samplingPause } from './sampling-gap.ts';

const BEGAN_MS = 100_000;
const rule = failover({
  from: 'v1',
  to: 'v2',
  eventMs: [BEGAN_MS, BEGAN_MS],
  withinMs: 15_000,
  maxErrors: 5,
});
const risk = { falsePass: 1e-3, falseFail: 1e-6 };

const answer = (sentMs: number, label: string): Answer => ({
  ...{ sequence: 0, label, status: 200, exitCode: 0, connects: 1, client: 'sleep' },
  ...{ sentMs: BEGAN_MS + sentMs, receivedMs: BEGAN_MS + sentMs + 5, durationMs: 5 },
});
/** Calls by the schedule, from one time to another, in milliseconds since the event. */
const calls = (label: string, fromMs: number, untilMs: number, everyMs = 100): Answer[] =>
  Array.from({ length: Math.ceil((untilMs - fromMs) / everyMs) }, (_, i) =>
    answer(fromMs + i * everyMs, label),
  );
const gap = (answers: readonly Answer[], perSecond = 10): string | undefined =>
  samplingGap(rule, assessed(rule, answers, risk), { answers, perSecond })?.message;

test('a pause between an event and the takeover hides as many lost calls as were not made in it', () => {
  expect(gap([...calls('v1', 0, 300), ...calls('v2', 12_300, 30_000)])).toMatch(
    /^for 12\.1 s between the event and the takeover the caller made no call, in which 121 could have been lost/,
  );
  expect(gap(calls('v2', 1700, 20_000))).toMatch(/^for 1\.7 s /);
});

test('a few answers of the new version before it may be chance', () => {
  expect(gap([...calls('v2', 0, 300), ...calls('v2', 2000, 30_000)])).toMatch(/^for 1\.8 s /);
  expect(gap([...calls('v2', 0, 1500), ...calls('v2', 5000, 30_000)])).toBeUndefined();
});

test('calls by the schedule have none, nor launches that are late by less than the loop makes up for', () => {
  expect(gap([...calls('v1', 0, 3000), ...calls('v2', 3000, 30_000)])).toBeUndefined();
  expect(gap([...calls('v1', 0, 300), ...calls('v2', 1200, 30_000)])).toBeUndefined();
});

test('a pause before the event, or after the takeover, says nothing of it', () => {
  expect(gap([answer(-5000, 'v1'), ...calls('v2', 50, 30_000)])).toBeUndefined();
  expect(gap([...calls('v2', 50, 18_000), ...calls('v1', 40_000, 41_000)])).toBeUndefined();
});

test('a slow loop may pause as long as no more calls than the limit can be lost in it, those that were lost counted', () => {
  const slow = (lost: number): Answer[] => [
    ...calls('error', 0, lost * 1000, 1000),
    ...calls('v2', lost * 1000 + 3500, 200_000, 1000),
  ];
  expect(gap(slow(0), 1)).toBeUndefined();
  expect(gap(slow(3), 1)).toMatch(/^for 4\.5 s /);
});

test('calls that go on may pause as long as one of them may take', () => {
  const pause = (...judged: readonly Answer[]): string | undefined =>
    samplingPause(judged, { sinceMs: BEGAN_MS, perSecond: 10, message: 'none was lost' })?.message;
  expect(pause(...calls('v1', 0, 20_000), ...calls('v1', 24_900, 60_000))).toBeUndefined();
  expect(pause(...calls('v1', 0, 20_000), ...calls('v1', 26_000, 60_000))).toMatch(
    /^for 6\.1 s of what is judged the caller made no call, in which 61 could have been lost unseen.*\(none was lost\)$/,
  );
});

test('a pause that began before the event counts from the event on, and nobody paused who had not begun', () => {
  const pause = (...judged: readonly Answer[]): string | undefined =>
    samplingPause(judged, { sinceMs: BEGAN_MS, perSecond: 10, message: 'none was lost' })?.message;
  expect(pause(answer(-9000, 'v1'), ...calls('v1', 4000, 60_000))).toBeUndefined();
  expect(pause(answer(-100, 'v1'), ...calls('v1', 5500, 60_000))).toMatch(/^for 5\.5 s /);
  expect(pause(...calls('v1', 5500, 60_000))).toBeUndefined();
});

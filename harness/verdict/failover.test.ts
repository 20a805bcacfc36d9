import { expect, test } from 'vitest';
import { failover } from './rules.ts';
import { SequentialTest } from './sequential-test.ts';
import type { Assessment, FailoverRule, Observation } from './types.ts';

const base = { from: 'v1', to: 'v2', eventMs: 1000, withinMs: 2000, maxErrors: 3 } as const;

/** A call each 20 ms from `fromMs` until `untilMs`, answered after 10 ms. */
const calls = (label: string, fromMs: number, untilMs: number): Observation[] =>
  Array.from({ length: Math.ceil((untilMs - fromMs) / 20) }, (_, i) => fromMs + i * 20).map((sentMs) => ({
    label,
    sentMs,
    receivedMs: sentMs + 10,
  }));

function assess(observations: readonly Observation[], options: Partial<FailoverRule> = {}): Assessment {
  const sequential = new SequentialTest(failover({ ...base, ...options }));
  sequential.observe(...observations);
  return sequential.assess();
}

test('a switch in time, with the interval that it must lie in', () => {
  const result = assess([...calls('v1', 0, 1500), ...calls('error', 1500, 1540), ...calls('v2', 1540, 5000)]);
  expect(result).toMatchObject({
    verdict: 'conformant',
    reason: 'seen',
    errors: 2,
    switchMs: { lower: 520, upper: 550 },
  });
  expect(result.counts).toEqual({ v1: 25, error: 2, v2: 173 });
});

test('when the event is an interval, the later end bounds from below and the earlier from above', () => {
  const result = assess([...calls('v1', 0, 1500), ...calls('v2', 1500, 5000)], { eventMs: [1000, 1200] });
  expect(result.switchMs).toEqual({ lower: 280, upper: 510 });
});

test('answers of the old label past the limit are too late', () => {
  const result = assess([...calls('v1', 0, 3100), ...calls('v2', 3100, 9000)]);
  expect(result).toMatchObject({ verdict: 'non-conformant', reason: 'late' });
});

test('one error more than allowed is too many, and later ones belong to the next phase', () => {
  const before = (errors: number): Observation[] => [
    ...calls('error', 1000, 1000 + errors * 20),
    ...calls('v2', 1000 + errors * 20, 6000),
  ];
  expect(assess(before(3))).toMatchObject({ verdict: 'conformant', errors: 3 });
  expect(assess(before(4))).toMatchObject({ verdict: 'non-conformant', reason: 'errors', errors: 4 });
  expect(assess([...before(3), ...calls('error', 6000, 6400)])).toMatchObject({
    verdict: 'conformant',
    errors: 3,
  });
});

test('a call in flight at the event that is lost counts, one answered before it does not', () => {
  const lost = { label: 'error', sentMs: 900, receivedMs: 1900 };
  const earlier = { label: 'error', sentMs: 900, receivedMs: 950 };
  const never = { label: 'error', sentMs: 950 };
  const good = calls('v2', 1000, 6000);
  expect(assess([lost, ...good], { maxErrors: 0 })).toMatchObject({ reason: 'errors' });
  expect(assess([never, ...good], { maxErrors: 0 })).toMatchObject({ reason: 'errors' });
  expect(assess([earlier, ...good], { maxErrors: 0 })).toMatchObject({ verdict: 'conformant', errors: 0 });
});

test('an answer that comes late to a call before the switch overturns a hasty verdict', () => {
  const late = { label: 'error', sentMs: 1010, receivedMs: 9000 };
  expect(assess([...calls('v2', 1000, 8000), late], { maxErrors: 0 })).toMatchObject({ reason: 'errors' });
});

test('134 clean answers are not yet a clean run, 135 are', () => {
  expect(assess(calls('v2', 1000, 1000 + 134 * 20))).toMatchObject({
    verdict: 'inconclusive',
    reason: 'budget',
  });
  expect(assess(calls('v2', 1000, 1000 + 135 * 20))).toMatchObject({ verdict: 'conformant', requests: 135 });
});

test('a limit between the last old answer and the first new one is a sampling gap', () => {
  const result = assess([...calls('v1', 0, 2900), ...calls('v2', 3100, 9000)]);
  expect(result).toMatchObject({ verdict: 'inconclusive', reason: 'sampling-gap' });
});

test('the order in which answers arrive does not matter', () => {
  const ordered = [...calls('v1', 1000, 1500), ...calls('v2', 1500, 1500 + 150 * 20)];
  expect(assess([...ordered].reverse())).toEqual({ ...assess(ordered), counts: { v1: 25, v2: 150 } });
  const late = [...calls('v2', 1000, 8000), ...calls('v1', 1000, 3500)];
  expect(assess(late)).toMatchObject({ verdict: 'non-conformant', reason: 'late' });
});

test('without a call after the event, or without times, there is no data; a line that says nothing is an error', () => {
  expect(assess(calls('v1', 0, 900))).toMatchObject({ verdict: 'inconclusive', reason: 'no-data' });
  expect(assess(Array.from({ length: 300 }, () => ({ label: 'v2' })))).toMatchObject({ reason: 'no-data' });
  const silent = Array.from({ length: 4 }, () => ({ label: 'error' }));
  expect(assess([...calls('v1', 1000, 1100), ...silent, ...calls('v2', 1100, 6000)])).toMatchObject({
    reason: 'errors',
  });
});

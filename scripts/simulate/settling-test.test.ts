import { expect, test } from 'vitest';
import { distribution, exclusive, reaches } from '../../harness/verdict/rules.ts';
import { SettlingTest } from './settling-test.ts';
import type { Observation } from '../../harness/verdict/types.ts';

const options = { startMs: 0, withinMs: 10_000 };
/** A call each 10 ms, the labels in turn. */
const calls = (labels: string, fromMs: number, untilMs: number): Observation[] =>
  Array.from({ length: (untilMs - fromMs) / 10 }, (_, i) => ({
    label: labels[i % labels.length] ?? '',
    sentMs: fromMs + i * 10,
  }));

test('what comes before the limit can pass but never fail', () => {
  const settling = new SettlingTest(distribution({ a: 1, b: 1 }), options);
  settling.observe(...calls('a', 0, 9990), { label: 'z', sentMs: 9995 });
  expect(settling.assess().verdict).toBe('inconclusive');
  expect(settling.decided).toBe(false);
  settling.observe(...calls('a', 10_000, 13_000));
  expect(settling.assess()).toMatchObject({ verdict: 'non-conformant', reason: 'evidence', requests: 200 });
  expect(settling.decided).toBe(true);
});

test('a mesh that settles in time passes from a later start point, at a fifth of the risk', () => {
  const settling = new SettlingTest(distribution({ a: 1, b: 1 }), options);
  settling.observe(...calls('a', 0, 4000), ...calls('ab', 4000, 10_000));
  expect(settling.assess()).toMatchObject({ verdict: 'conformant', risk: { falsePass: 2e-4 } });
});

test('a foreign answer after the limit refutes, one before it only starts again', () => {
  const settling = new SettlingTest(exclusive('a'), options);
  settling.observe(...calls('b', 0, 100), ...calls('a', 2500, 20_000));
  expect(settling.assess().verdict).toBe('conformant');
  settling.observe({ label: 'b' });
  expect(settling.assess()).toMatchObject({ verdict: 'non-conformant', reason: 'refuted' });
});

test('no answers are inconclusive, and so is a limit that has not come', () => {
  expect(new SettlingTest(reaches(['a']), options).assess()).toMatchObject({ reason: 'no-data' });
  const settling = new SettlingTest(reaches(['a', 'b']), { ...options, restarts: 1 });
  settling.observe(...calls('ab', 0, 9000));
  expect(settling.assess().reason).toBe('no-data');
});

test('a number of start points that makes no sense is refused', () => {
  expect(() => new SettlingTest(reaches(['a']), { ...options, restarts: 0 })).toThrow(/1 or more, found 0/);
});

import { expect, test } from 'vitest';
import { failover } from '../verdict/rules.ts';
import { takeoverPatienceMs } from './patience.ts';

const rule = failover({ from: 'v1', to: 'v2', eventMs: 0, withinMs: 2000, maxErrors: 3 });
const loop = { perSecond: 10, overdueMs: 7000 };

test('a takeover is waited for until its clean run can have been seen, at the risk of the run', () => {
  // 135 answers in a row rule out a residual of 5 % at 1 in 1,000, 270 at 1 in a million.
  expect(takeoverPatienceMs(rule, { falsePass: 1e-3, falseFail: 1e-6 }, loop)).toBe(2000 + 13_500 + 8000);
  expect(takeoverPatienceMs(rule, { falsePass: 1e-6, falseFail: 1e-6 }, loop)).toBe(2000 + 27_000 + 8000);
});

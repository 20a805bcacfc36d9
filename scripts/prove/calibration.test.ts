import { expect, test } from 'vitest';
import { agrees, calibrate } from './calibration.ts';

test(
  'meshes at the edge get each verdict as often as the theory says, over 60 seeds',
  { timeout: 90_000 },
  () => {
    const rows = calibrate(60);
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter((row) => !row.agrees)).toEqual([]);
  },
);

test.each([
  [1, 200, 'at most', 1e-6, false],
  [0, 200, 'at most', 1e-6, true],
  [9, 200, 'at most', 1e-3, false],
  [190, 200, 'at least', 1 - 1e-6, false],
  [200, 200, 'at least', 1 - 1e-6, true],
  [128, 200, 'about', 0.64, true],
  [90, 200, 'about', 0.64, false],
  [170, 200, 'about', 0.64, false],
] as const)('%d of %d, where %s %d is expected: %s', (count, n, kind, rate, expected) => {
  expect(agrees(count, n, { kind, rate })).toBe(expected);
});

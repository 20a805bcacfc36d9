import { expect, test } from 'vitest';
import { logEvidenceOutside, UNINFORMED } from './evidence/mixture.ts';
import { withJsonNumbers, withRealNumbers } from './json-numbers.ts';

test('an infinite number is a word, and comes back', () => {
  const data = { low: -Infinity, list: [1, Infinity], text: 'none', nothing: null };
  expect(withJsonNumbers(data)).toEqual({
    low: '-Infinity',
    list: [1, 'Infinity'],
    text: 'none',
    nothing: null,
  });
  expect(withRealNumbers(withJsonNumbers(data))).toEqual(data);
});

test('what is no number at all is never written', () => {
  expect(() => withJsonNumbers({ shares: { v1: { low: NaN } } })).toThrow(
    /expected numbers, found NaN in .*v1/,
  );
});

test('a range that leaves nothing outside has no evidence for it', () => {
  expect(logEvidenceOutside({ hits: 3, misses: 0 }, { low: 0, high: 1 }, UNINFORMED)).toBe(0);
});

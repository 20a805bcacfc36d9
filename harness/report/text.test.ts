import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duration, fit, grouped, odds, oneLine, plain, wrap } from './text.ts';

describe('numbers', () => {
  test.each([
    [0, '0.0 s'],
    [412, '0.4 s'],
    [59_949, '59.9 s'],
    [59_951, '1 min 00 s'],
    [312_000, '5 min 12 s'],
    [7_500_000, '2 h 05 min'],
  ])('%i ms are %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  test('have separators between thousands', () => {
    expect([0, 999, 1000, 1_234_567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
  });

  test('of evidence are odds', () => {
    expect([7, 0, -3, Math.log(1e14) + 0.01].map(odds)).toEqual(['1,097:1', '1:1', 'below 1:1', '10^14:1']);
  });
});

describe('text from elsewhere', () => {
  test('loses what steers terminals and keeps its words', () => {
    expect(plain('\u001b[31mred\u001b[0m\r\nnext\u0007\u009b')).toBe('red\nnext');
    expect(oneLine('  a\n\tb  ')).toBe('a b');
  });

  test('is wrapped without losing a word, and only words are longer than a line', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 40 }), fc.integer({ min: 5, max: 80 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join(' ')).toBe(text);
        expect(lines.filter((line) => line.length > width && line.includes(' '))).toEqual([]);
      }),
    );
  });

  test('is cut to a width, visibly, between characters', () => {
    expect(fit('abcdef', 4)).toBe('abc…');
    expect(fit('😀😀😀', 2)).toBe('😀…');
    expect(fit('abcd', 4)).toBe('abcd');
  });
});

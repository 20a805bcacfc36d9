import { describe, expect, it } from 'vitest';
import { closest, didYouMean } from './closest.ts';

describe('closest', () => {
  it.each([
    ['sute', 'suite'],
    ['vraiant', 'variant'],
    ['Provider', 'provider'],
  ])('takes %s for %s', (word, meant) => {
    expect(closest(word, ['suite', 'variant', 'provider'])).toBe(meant);
  });

  it('guesses nothing for a word that is far from all', () => {
    expect(closest('kubeconfig', ['suite', 'variant'])).toBeUndefined();
    expect(closest('x', ['a', 'b'])).toBeUndefined();
    expect(closest('suite', [])).toBeUndefined();
    expect(didYouMean('zzz', ['suite'])).toBe('');
  });
});

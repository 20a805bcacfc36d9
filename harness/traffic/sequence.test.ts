import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sequence } from './sequence.ts';

it('each call is taken or given up exactly once, in whatever order they come', () => {
  const step = fc.oneof(fc.record({ take: fc.nat(30) }), fc.record({ giveUp: fc.nat(30) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const sequence = new Sequence();
      const done = new Set<number>();
      for (const each of steps) {
        if ('take' in each) {
          expect(sequence.take(each.take)).toBe(!done.has(each.take));
          done.add(each.take);
        } else {
          const open = Array.from({ length: each.giveUp }, (_, index) => index).filter(
            (index) => !done.has(index),
          );
          expect([...sequence.giveUp(each.giveUp)]).toEqual(open);
          for (const index of open) done.add(index);
        }
      }
      const last = Math.max(-1, ...done);
      expect(sequence.holes).toBe(last + 1 - done.size);
    }),
  );
});

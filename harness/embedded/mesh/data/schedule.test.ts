import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTurn, takeTurn, type Turn } from './schedule.ts';

interface One {
  readonly weight: number;
  readonly turn: Turn;
}

const oneOf = (weight: number): One => ({ weight, turn: newTurn(weight) });

/** How often each is next, in so many turns. */
function times(candidates: readonly [One, ...One[]], turns: number): number[] {
  const found = new Map<One, number>();
  for (let i = 0; i < turns; i++) {
    const next = takeTurn(
      candidates,
      ({ turn }) => turn,
      ({ weight }) => weight,
    );
    found.set(next, (found.get(next) ?? 0) + 1);
  }
  return candidates.map((one) => found.get(one) ?? 0);
}

const weights = fc.integer({ min: 1, max: 5 });

test('each comes as often as its weight says, whoever was away before and for however long', () => {
  fc.assert(
    fc.property(weights, weights, weights, fc.nat(500), (first, second, third, away) => {
      const [a, b, c] = [oneOf(first), oneOf(second), oneOf(third)];
      times([a, b], away);
      const total = first + second + third;
      times([a, b, c], 10 * total).forEach((seen, index) => {
        const expected = 10 * ([first, second, third][index] ?? 0);
        // One turn of its own early or late, and one for each of the others.
        expect(Math.abs(seen - expected)).toBeLessThanOrEqual(3);
      });
    }),
  );
});

test('those who are not always among the candidates keep their order', () => {
  const [a, b, c] = [oneOf(1), oneOf(1), oneOf(1)];
  const found = Array.from({ length: 100 }, () => [times([a, b], 1), times([c], 1)]).map(
    ([ofTwo]) => ofTwo?.[0],
  );
  expect(found.filter((count) => count === 1).length).toBe(50);
});

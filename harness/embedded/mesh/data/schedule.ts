/**
 * Whose turn it is: earliest deadline first, so that each comes as often as its weight says.
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#weighted-round-robin
 */

/** One's place in the schedule. */
export interface Turn {
  /** When it is next. */
  due: number;
  /** When it was last. */
  last: number;
}

/** A place for somebody new. Those who come at once begin in no order. */
export const newTurn = (weight: number): Turn => ({
  due: Math.random() / Math.max(1, weight),
  last: -Infinity,
});

/** Takes the next of these: the others may be away. */
export function takeTurn<T>(
  candidates: readonly [T, ...T[]],
  turnOf: (one: T) => Turn,
  weightOf: (one: T) => number,
): T {
  const intervalOf = (one: T): number => 1 / Math.max(weightOf(one), 1e-6);
  const now = Math.max(...candidates.map((one) => turnOf(one).last));
  for (const one of candidates) {
    const turn = turnOf(one);
    // Who was away does not make up for it.
    if (turn.due < now) turn.due = now + Math.random() * intervalOf(one);
  }
  const next = candidates.reduce((best, one) => (turnOf(one).due < turnOf(best).due ? one : best));
  const turn = turnOf(next);
  turn.last = turn.due;
  turn.due += intervalOf(next);
  return next;
}

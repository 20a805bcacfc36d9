/**
 * Where a condition that is false on the left and true on the right changes.
 * @returns the midpoint of the last interval after `steps` halvings of [low, high]
 */
export function bisect(
  { low, high, steps = 100 }: { low: number; high: number; steps?: number },
  isRight: (x: number) => boolean,
): number {
  let [left, right] = [low, high];
  for (let step = 0; step < steps; step++) {
    const middle = (left + right) / 2;
    if (isRight(middle)) right = middle;
    else left = middle;
  }
  return (left + right) / 2;
}

/** Least integer in [low, high] for which a monotone condition holds; `high + 1` if it holds for none. */
export function leastInteger(low: number, high: number, holds: (n: number) => boolean): number {
  let [no, yes] = [low - 1, high + 1];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

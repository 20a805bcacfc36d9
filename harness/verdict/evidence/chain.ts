/**
 * One label's answers as a two-state Markov chain: u is the probability that the label answers after another did,
 * v that another answers after it. Its share is u / (u + v); blocks are 1 / (u + v) times as long as if drawn
 * independently. Here: the largest likelihood of observed transitions under a null hypothesis (F4).
 */
import { bisect } from '../numerics/bisect.ts';
import { xLogY } from '../numerics/log-space.ts';
import type { ShareRange } from './mixture.ts';

/** How often the label followed another (01), another another (00), another the label (10), the label itself (11). */
export interface Transitions {
  readonly n01: number;
  readonly n00: number;
  readonly n10: number;
  readonly n11: number;
}

/** A null hypothesis: shares inside the range, and blocks stretched at most 1 / leastSpeed-fold (0: any). */
export interface ChainNull extends ShareRange {
  readonly leastSpeed: number;
}

const TINY = 1e-300;

/** Natural logarithm of the likelihood of the transitions. */
function logLikelihood(u: number, v: number, { n01, n00, n10, n11 }: Transitions): number {
  const stays = xLogY(n00, Math.max(1 - u, TINY)) + xLogY(n11, Math.max(1 - v, TINY));
  return xLogY(n01, u) + xLogY(n10, v) + stays;
}

/** The largest likelihood where the share is exactly q: the smaller root of a quadratic. */
function atShare(q: number, leastSpeed: number, seen: Transitions): number {
  const odds = q / (1 - q);
  const switches = seen.n01 + seen.n10;
  const all = switches + seen.n00 + seen.n11;
  const middle = switches * (1 + odds) + odds * seen.n00 + seen.n11;
  const root = Math.sqrt(Math.max(middle * middle - 4 * odds * all * switches, 0));
  const free = (2 * switches) / Math.max(middle + root, TINY);
  const v = Math.min(Math.max(free, leastSpeed / (1 + odds)), 1, 1 / odds);
  return logLikelihood(odds * v, v, seen);
}

/** The largest likelihood where u + v is exactly the speed: bisection on the derivative, which falls with the share. */
function atSpeed(speed: number, range: ShareRange, seen: Transitions): number {
  const slope = (share: number): number =>
    seen.n01 / share -
    (speed * seen.n00) / (1 - speed * share) -
    seen.n10 / (1 - share) +
    (speed * seen.n11) / (1 - speed * (1 - share));
  const [low, high] = [Math.max(range.low, 1e-12), Math.min(range.high, 1 - 1e-12)];
  const share = bisect({ low, high, steps: 50 }, (x) => !(slope(x) > 0));
  return logLikelihood(speed * share, speed * (1 - share), seen);
}

/** Does the null hold the chain that fits best? A row never visited leaves its parameter free. */
function holdsBestFit({ low, high, leastSpeed }: ChainNull, seen: Transitions): boolean {
  const [leaves0, leaves1] = [seen.n01 + seen.n00, seen.n10 + seen.n11];
  const [u, v] = [seen.n01 / Math.max(leaves0, 1), seen.n10 / Math.max(leaves1, 1)];
  const odds = (q: number): number => q / Math.max(1 - q, TINY);
  if (leaves1 === 0 && leaves0 === 0) return true;
  if (leaves1 === 0) {
    const least = Math.max(leastSpeed - u, u / Math.max(odds(high), TINY));
    return least <= Math.min(1, u / Math.max(odds(low), TINY));
  }
  if (leaves0 === 0) return Math.max(leastSpeed - v, v * odds(low)) <= Math.min(1, v * odds(high));
  const share = u / Math.max(u + v, TINY);
  return share >= low && share <= high && u + v >= leastSpeed;
}

/**
 * Natural logarithm of the largest likelihood under the null. The likelihood is log-concave and the null a polygon,
 * so the best fit is the best chain of all, where the null holds it, and else on an edge.
 */
export function logLargestLikelihood(nothing: ChainNull, seen: Transitions): number {
  const { low, high, leastSpeed } = nothing;
  const edges: number[] = [];
  if (leastSpeed > 0) edges.push(atSpeed(leastSpeed, nothing, seen));
  if (low > 0) edges.push(atShare(low, leastSpeed, seen));
  if (high < 1) edges.push(atShare(high, leastSpeed, seen));
  if (edges.length > 0 && !holdsBestFit(nothing, seen)) return Math.max(...edges);
  const [u, v] = [seen.n01 / Math.max(seen.n01 + seen.n00, 1), seen.n10 / Math.max(seen.n10 + seen.n11, 1)];
  return logLikelihood(u, v, seen);
}

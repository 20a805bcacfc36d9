import type { Played } from './types.ts';

/** Reasons of checks that are inconclusive because a caller's node had no processor. */
const TOO_BUSY: ReadonlySet<string> = new Set(['caller-starved', 'sampling-gap']);

/**
 * Is all that is wrong with a run that this machine was too busy to tell? Then it says nothing of the mesh. Where anything
 * else differs from what was stated, the run stands, whatever was starved beside it: the better of two proves nothing.
 */
export function starvedAlone({ exit, checks }: Played, problems: readonly string[]): boolean {
  const starved = checks.filter(({ reason }) => TOO_BUSY.has(reason ?? ''));
  const isExplained = (problem: string): boolean =>
    (exit === 3 && problem.startsWith('expected exit ')) ||
    starved.some(({ id }) => problem.startsWith(`${id}: `));
  return starved.length > 0 && problems.length > 0 && problems.every(isExplained);
}

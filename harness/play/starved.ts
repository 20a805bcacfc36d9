import type { Answer } from '../traffic/types.ts';
import { percent } from '../report/text.ts';
import { ERROR_LABEL } from '../verdict/types.ts';
import type { Outcome } from './recorder.ts';

/** A curl that takes this much longer than its call had no processor; on an idle node it is a few hundredths of a second. */
const WAITED_MS = 500;
/** So many of the calls may be so late without saying anything about the rest. */
const TOLERATED = 0.05;

/**
 * Whether a caller itself was too slow to say how soon something happened: curl knows how long its call took, and the loop
 * how long curl took. No mesh can make these two differ; a node without a free processor does. In words; undefined where
 * the caller was quick enough.
 */
export function starvation(answers: readonly Answer[]): string | undefined {
  const told = answers.filter(({ failure }) => failure !== 'missing');
  const late = told.filter(
    ({ sentMs, receivedMs, durationMs }) => receivedMs - sentMs - durationMs > WAITED_MS,
  );
  if (told.length === 0 || late.length <= TOLERATED * told.length) return undefined;
  return (
    `in ${String(late.length)} of ${String(told.length)} calls (${percent(late.length / told.length)}) curl waited more than ` +
    `${String(WAITED_MS / 1000)} s for a processor of its own node: times that were seen from there say nothing of the mesh. ` +
    `Play it again where less runs beside it`
  );
}

/**
 * The same where calls were lost: they were by the caller's own slowness if each of them ran into its time limit, and the
 * rest refutes nothing. Any other failure is somebody else's.
 */
export function starvationOfLost(
  answers: readonly Answer[],
  isRefutedBy: (rest: readonly Answer[]) => boolean,
): string | undefined {
  const rest = answers.filter(({ failure }) => failure !== 'timeout');
  const onlyTimeouts = rest.length < answers.length && rest.every(({ label }) => label !== ERROR_LABEL);
  return onlyTimeouts && !isRefutedBy(rest) ? starvation(answers) : undefined;
}

/** No verdict where the caller was too slow itself, with the words for that: a mesh is not accused by such a caller. */
export const unlessStarved = (outcome: Outcome, why: string | undefined): Outcome =>
  why === undefined
    ? outcome
    : {
        ...outcome,
        verdict: 'inconclusive',
        reason: 'caller-starved',
        message: `${why} (${outcome.message})`,
      };

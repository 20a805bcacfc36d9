import type { Answer } from '../traffic/types.ts';
import { percent } from '../report/text.ts';
import type { Outcome } from './recorder.ts';

/** A curl that takes this much longer than its call had no processor; on an idle node it is a few hundredths of a second. */
const WAITED_MS = 500;
/** So many of the calls may be so late without saying anything about the rest. */
const TOLERATED = 0.05;

/** Fewer late calls than this are chance. */
const LEAST = 3;

const lateAmong = (answers: readonly Answer[]): readonly Answer[] =>
  answers.filter(
    ({ failure, sentMs, receivedMs, durationMs }) =>
      failure !== 'missing' && receivedMs - sentMs - durationMs > WAITED_MS,
  );

/**
 * Whether a caller itself was too slow to say how soon something happened: curl knows how long its call took, and the loop
 * how long curl took. No mesh can make these two differ; a node without a free processor does. In words; undefined where
 * the caller was quick enough.
 */
export function starvation(answers: readonly Answer[]): string | undefined {
  const told = answers.filter(({ failure }) => failure !== 'missing').length;
  const late = lateAmong(answers).length;
  if (late < LEAST || late <= TOLERATED * told) return undefined;
  return (
    `in ${String(late)} of ${String(told)} calls (${percent(late / told)}) curl waited more than ` +
    `${String(WAITED_MS / 1000)} s for a processor of its own node: times that were seen from there say nothing of the mesh. ` +
    `Play it again where less runs beside it`
  );
}

/**
 * The same where calls were lost. A processor that comes late explains calls that ran into their time limit, and no more
 * of them than calls that were late: what the rest refutes stays refuted.
 */
export function starvationOfLost(
  answers: readonly Answer[],
  isRefutedBy: (rest: readonly Answer[]) => boolean,
): string | undefined {
  const why = starvation(answers);
  const timeouts = answers.filter(({ failure }) => failure === 'timeout');
  if (why === undefined || timeouts.length === 0) return undefined;
  const explained = new Set(timeouts.slice(-lateAmong(answers).length));
  return isRefutedBy(answers.filter((answer) => !explained.has(answer))) ? undefined : why;
}

/** No pass that something about the calls puts in doubt: the reason and the words for that, if there is any. */
export function unlessDoubted(
  outcome: Outcome,
  ...doubts: readonly (Pick<Outcome, 'reason' | 'message'> | undefined)[]
): Outcome {
  const doubt = doubts.find((one) => one !== undefined);
  if (doubt === undefined || outcome.verdict !== 'conformant') return outcome;
  return { ...outcome, verdict: 'inconclusive', ...doubt };
}

/**
 * No verdict where the caller was too slow itself, with the words for that: a mesh is not accused by such a caller, and
 * what it saw is no evidence for `--continue` to go on with.
 */
export function unlessStarved({ snapshot, ...outcome }: Outcome, why: string | undefined): Outcome {
  if (why === undefined) return { ...outcome, snapshot };
  return {
    ...outcome,
    verdict: 'inconclusive',
    reason: 'caller-starved',
    message: `${why} (${outcome.message})`,
  };
}

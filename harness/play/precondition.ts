import type { CheckRecord } from '../report/types.ts';
import type { Scenario } from '../scenario.ts';

/**
 * The figure by which a refuted check of a precondition tells how much of what it found keeps the mesh from working: with 0,
 * the document is not met, and the rest of the suite can be judged all the same.
 */
export const IN_THE_WAY = 'overlapsInTheWay';

/** Of a check's record: what tells whether the rest can go on. */
interface Judged extends Pick<CheckRecord, 'verdict' | 'message'> {
  readonly evidence: { readonly figures?: Readonly<Record<string, number | string>> | undefined } | null;
}

/** Why the rest of the suite cannot be judged after these checks of a scenario, in words; undefined where it can. */
export function unmetBy(
  { precondition, claim }: Pick<Scenario, 'precondition' | 'claim'>,
  records: readonly Judged[],
): string | undefined {
  const wrong = records.find(
    ({ verdict, evidence }) => verdict === 'non-conformant' && evidence?.figures?.[IN_THE_WAY] !== 0,
  );
  if (precondition !== true || wrong === undefined) return undefined;
  return `${claim} does not hold: ${wrong.message}`;
}

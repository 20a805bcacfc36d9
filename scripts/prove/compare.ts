import type { Outcome, Played, Right, Row, SeenCheck } from './types.ts';

/** Exit codes of a run, by the verdict that is right. */
const EXITS: Readonly<Record<Right, readonly number[]>> = {
  'non-conformant': [1],
  inconclusive: [3],
  'not conformant': [1, 3],
  conformant: [0],
};

const isRight = (right: Right, { verdict }: SeenCheck): boolean =>
  right === 'not conformant' ? verdict === 'non-conformant' || verdict === 'inconclusive' : verdict === right;

/** Compares a run with what its row states. */
export function compare(row: Row, { seed, exit, seconds, checks }: Played): Outcome {
  const prefix = `${row.suite}/${row.variant}/${row.claim}/`;
  const ofClaim = checks.filter(({ id, verdict }) => id.startsWith(prefix) && verdict !== 'skipped');
  const wanted =
    row.checks.length === 0 ? ofClaim.map(({ id }) => id) : row.checks.map((name) => prefix + name);
  const named = ofClaim.filter((check) => wanted.includes(check.id) && isRight(row.right, check));
  const exits = EXITS[row.right];
  const problems = [
    ...(exits.includes(exit) ? [] : [`expected exit ${exits.join(' or ')}, saw ${String(exit)}`]),
    ...wanted.flatMap((id) =>
      differs(
        row.right,
        id,
        checks.find((check) => check.id === id),
      ),
    ),
    ...(wanted.length === 0 ? [`nothing of ${prefix.slice(0, -1)} was judged`] : []),
  ];
  return {
    seed,
    exit,
    seconds,
    detected: exits.includes(exit),
    named: named.map(({ id }) => id),
    requests: named.reduce((sum, { requests }) => sum + (requests ?? 0), 0),
    problems,
  };
}

function differs(right: Right, id: string, seen: SeenCheck | undefined): string[] {
  if (seen === undefined) return [`${id} is not in the report`];
  return isRight(right, seen) ? [] : [`${id}: expected ${right}, saw ${seen.verdict}: ${seen.message}`];
}

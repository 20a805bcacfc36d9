import { availableParallelism } from 'node:os';
import { playsAlone } from '../scenario.ts';
import type { Selected } from '../select.ts';
import { hasPrecondition, type Bench, type Chosen } from './bench.ts';

/** A world of the embedded mesh waits more than it computes: one more than there are processors. */
export const worldsAtOnce = (): number => availableParallelism() + 1;

/**
 * A bench as several, each of which needs clusters of its own, for where clusters cost next to nothing: what plays alone
 * has them alone, and need not wait for the others. A suite with a precondition stays whole: nothing of it is judged
 * where that does not hold.
 */
export function lanesOf(bench: Bench): Bench[] {
  return bench.parts.flatMap((part) => {
    const { suite, variant } = part;
    return scenariosByLane(part).map(([lane, scenarios]) => ({
      ...{ suite, variant, lane, clusters: part.clusters },
      parts: [{ ...part, scenarios }],
    }));
  });
}

function scenariosByLane(part: Chosen): [lane: string, scenarios: readonly Selected[]][] {
  const { scenarios } = part;
  if (hasPrecondition(part)) return [['whole', scenarios]];
  const together = scenarios.filter(({ scenario }) => !playsAlone(scenario));
  const alone = scenarios.filter(({ scenario }) => playsAlone(scenario));
  return [
    ...alone.map((each): [string, Selected[]] => [each.file.name, [each]]),
    ...(together.length === 0 ? [] : [['together', together] as [string, Selected[]]]),
  ];
}

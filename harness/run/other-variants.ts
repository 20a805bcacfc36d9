import { whySkipped } from '../select.ts';
import { narrowedTo, type Bench } from './bench.ts';
import type { Run } from './setup.ts';
import { skip } from './unplayed.ts';

/**
 * Benches without the scenarios that are about another variant than theirs, which are skipped. To know that, no clusters
 * are needed.
 */
export const withoutOtherVariants = <T extends Bench>(
  run: Pick<Run, 'options' | 'earlier' | 'log'>,
  benches: readonly T[],
): T[] =>
  benches.flatMap((bench) =>
    narrowedTo(bench, ({ variant }, selected) => {
      const message = whySkipped(selected, variant, {});
      if (message !== undefined) skip(run, { selected, variant, message });
      return message === undefined;
    }),
  );

import { shellQuote } from '../command/quote.ts';
import { wordsOf } from '../options/words.ts';
import type { RunOptions } from '../options/types.ts';
import { kubectl } from '../cluster/kubeconfig.ts';
import type { Member } from '../mesh/types.ts';
import type { BenchRun } from './run-bench.ts';
import type { Run } from './setup.ts';

/** What of a bench it takes to say so. */
interface Kept {
  readonly provider: Pick<BenchRun['provider'], 'name' | 'ownsClusters'>;
  readonly parts: readonly Pick<BenchRun['parts'][number], 'suite' | 'variant'>[];
}

/**
 * What a run leaves by request, a note for each, with the command to paste: where each cluster is, how another run takes
 * them, and how they are removed.
 *
 * @param members none: the clusters did not come up as a whole
 */
export function keptNotes(
  { clustersOf, options }: Pick<Run, 'clustersOf'> & { readonly options: Pick<RunOptions, 'cluster'> },
  { provider, parts }: Kept,
  members: readonly Pick<Member, 'topology' | 'provided'>[],
): readonly string[] {
  const { name, ownsClusters } = provider;
  const asked = new Set(parts.flatMap(({ suite, variant }) => [`--suite ${suite}`, `--variant ${variant}`]));
  const words = [...asked, `--provider ${name}`, `--reuse ${clustersOf}`, '--keep'].join(' ');
  const there = shellQuote(wordsOf(options, ['cluster']));
  return [
    ...members.map(
      ({ topology, provided }) =>
        `kept (--keep): ${topology.name}. Look: ${kubectl(provided)} get pods --all-namespaces`,
    ),
    ...(ownsClusters
      ? [`kept: another run takes the clusters by --reuse. Look: npx meshproof run ${words}`]
      : []),
    `kept: ${ownsClusters ? 'clusters' : 'namespaces'} stay until they are removed. ` +
      `Look: npx meshproof clean ${clustersOf}${there === '' ? '' : ` ${there}`}`,
  ];
}

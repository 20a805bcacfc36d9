import { shellQuote } from '../command/quote.ts';
import { wordsOf } from '../options/words.ts';
import type { RunOptions } from '../options/types.ts';
import type { Again } from '../report/again.ts';
import type { Plan } from './plan.ts';

/** What decides on what is played, and by which bounds. What is printed, and where to, is not among them. */
const DECIDING = [
  'timeScale',
  'defect',
  'cluster',
  'allowDisruption',
  'injectionLabel',
  'namespaceLabel',
  'image',
  'imageHub',
  'imagePullSecret',
  'kindImage',
  'kindBin',
  'istioctlBin',
  'istioHub',
  'istioTag',
  'installValues',
  'gatewayApi',
  'installer',
  'installMesh',
  'loadBalancer',
  'ingressAddress',
  'timeout',
  'rate',
  'scaleErrors',
  'scaleWithin',
  'outageErrors',
  'outageWithin',
  'returnWithin',
  'workers',
] as const satisfies readonly (keyof RunOptions)[];

interface Identity {
  readonly options: RunOptions;
  readonly seed: number;
  /** The run whose clusters are used. */
  readonly clustersOf: string;
}

/** How the checks of a run are played again: by the provider that was decided on, whatever is there then. */
export function againOf(
  { provider, benches }: Pick<Plan, 'provider' | 'benches'>,
  { options, seed, clustersOf }: Identity,
): Again {
  const words = ['--provider', provider, ...wordsOf(options, DECIDING), '--seed', String(seed)];
  const ownsClusters = provider !== 'kubeconfig';
  // Of clusters that the run makes, those of the last bench are kept.
  const kept = ownsClusters ? benches.slice(-1) : benches;
  const places = kept.flatMap(({ parts }) => parts.map(({ suite, variant }) => `${suite}/${variant}`));
  return {
    command: `npx meshproof run ${shellQuote(words)}`,
    ownsClusters,
    ...(options.keep
      ? { kept: { places, words: ownsClusters ? `--reuse ${clustersOf} --keep` : '--keep' } }
      : {}),
  };
}

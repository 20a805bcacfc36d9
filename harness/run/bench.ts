import { groupBy } from '../report/group.ts';
import type { Selected } from '../select.ts';
import type { ClusterTopology, VariantName } from '../topology/topology.ts';

/** One suite in one variant of its topology, before anybody provides clusters for it. */
export interface Chosen {
  readonly suite: string;
  readonly variant: VariantName;
  /** All that its suite's topology has, asked for or not. @default this one */
  readonly variants?: readonly VariantName[];
  readonly clusters: readonly ClusterTopology[];
  readonly scenarios: readonly Selected[];
}

/** Clusters with a mesh that are brought up once, for every suite that asks for just these. */
export interface Bench {
  /** The suites joined with `+`: the bring-up is theirs together. */
  readonly suite: string;
  /** The first suite's; others may have another name for the same wiring. */
  readonly variant: VariantName;
  /** Tells apart clusters for one suite and variant that are up at the same time; see `lanesOf`. */
  readonly lane?: string;
  readonly clusters: readonly ClusterTopology[];
  /** What is played there, one suite after the other. */
  readonly parts: readonly Chosen[];
}

/**
 * What has to be equal for two suites to share clusters, as a text: of each cluster every field that its topology states,
 * its network among them, and whether control planes know of the other clusters; what else a variant is called does not
 * matter, nor do comments and the order of clusters and of fields.
 */
export function topologyKey({ variant, clusters }: Pick<Chosen, 'variant' | 'clusters'>): string {
  const described = clusters.map((cluster) =>
    JSON.stringify(Object.entries(cluster).sort(([one], [other]) => (one < other ? -1 : 1))),
  );
  return JSON.stringify([variant === 'replicated' ? 'replicated' : 'discovering', ...described.sort()]);
}

/** Puts together what can share clusters. Suites stay in their order; each goes to the first bench that suits it. */
export function benchesOf(chosen: readonly Chosen[]): Bench[] {
  return [...groupBy(chosen, topologyKey).values()].flatMap((parts) => {
    const [first] = parts;
    if (first === undefined) return [];
    const { variant, clusters } = first;
    return [{ suite: suitesOf(parts), variant, clusters, parts }];
  });
}

const suitesOf = (parts: readonly Chosen[]): string =>
  [...new Set(parts.map(({ suite }) => suite))].join('+');

/** Does it begin with a scenario without which nothing of it is judged? Then it is played as a whole, or not at all. */
export const hasPrecondition = ({ scenarios }: Pick<Chosen, 'scenarios'>): boolean =>
  scenarios.some(({ scenario }) => scenario.precondition === true);

/** A bench with only some of its scenarios; nothing, if none is left. */
export function narrowedTo<T extends Bench>(
  bench: T,
  wanted: (part: Chosen, selected: Selected) => boolean,
): T[] {
  const parts = bench.parts
    .map((part) => ({ ...part, scenarios: part.scenarios.filter((each) => wanted(part, each)) }))
    .filter(({ scenarios }) => scenarios.length > 0);
  return parts.length === 0 ? [] : [{ ...bench, suite: suitesOf(parts), parts }];
}

import type { ClusterTopology } from '../topology/topology.ts';

/** Where a cluster is: as its nodes say, and as the topology has it. */
export interface Place {
  readonly topology: Pick<ClusterTopology, 'name' | 'region' | 'zone'>;
  /** `REGION/ZONE` of its nodes, each once; empty where they may not be looked at. */
  readonly seen: readonly string[];
}

type Nearness = 'one zone' | 'one region' | 'two regions';

const regionsOf = (localities: readonly string[]): string =>
  [...new Set(localities.map((locality) => locality.split('/')[0] ?? ''))].join(' ');

/** How near two clusters are to each other. */
function nearness(one: readonly string[], other: readonly string[]): Nearness {
  if (one.join(' ') === other.join(' ')) return 'one zone';
  return regionsOf(one) === regionsOf(other) ? 'one region' : 'two regions';
}

const wantedOf = ({ region, zone }: Place['topology']): string[] =>
  region === undefined ? [] : [zone === undefined ? region : `${region}/${zone}`];

const placesOf = (clusters: readonly { readonly name: string; readonly seen: readonly string[] }[]): string =>
  clusters.map(({ name, seen }) => `${name} in ${seen.join(' and ') || 'no region'}`).join(', ');

/**
 * Why what is said of nearer and farther clusters cannot be asked of these; undefined where they are as near to each other as
 * in the topology, whatever their regions and zones are called.
 */
export function whyOtherLocalities(places: readonly Place[]): string | undefined {
  const clusters = places.map(({ topology, seen }) => ({
    name: topology.name,
    wanted: wantedOf(topology),
    seen,
  }));
  const spread = clusters.filter(({ seen }) => seen.length > 1);
  if (spread.length > 0)
    return (
      'which cluster is nearest is determined only where all nodes of a cluster have one region and zone ' +
      `(topology.kubernetes.io/region and zone); saw ${placesOf(spread)}`
    );
  const isTold = clusters.every(({ seen }) => regionsOf(seen).trim() !== '');
  const apart = new Set(clusters.map(({ seen }) => seen.join(' '))).size > 1;
  const agrees = clusters.every((one) =>
    clusters.every((other) => nearness(one.seen, other.seen) === nearness(one.wanted, other.wanted)),
  );
  if (isTold && apart && agrees) return undefined;
  const wanted = clusters.map(({ name, wanted: seen }) => ({ name, seen }));
  return (
    `by the labels of their nodes (topology.kubernetes.io/region and zone) the clusters are not as near to each other as in the ` +
    `topology: expected the like of ${placesOf(wanted)}; saw ${placesOf(clusters)}`
  );
}

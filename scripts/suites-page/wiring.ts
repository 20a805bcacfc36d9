import { variantOf, type ClusterTopology, type Topology } from '../../harness/topology/topology.ts';
import { listed } from '../../harness/verdict/describe.ts';

type Variant = Parameters<typeof variantOf>[1];

/** What a variant's name says beyond networks and roles. */
const meanings: Readonly<Record<string, string>> = {
  replicated: 'no control plane knows of the other clusters',
};

/** One variant of a topology in a sentence: who configures whom, on which networks, where. */
export function wiring(topology: Topology, variant: Variant): string {
  const clusters = variantOf(topology, variant);
  return `${[`${controlPlanes(clusters)}, ${networks(clusters)}`, ...extras(clusters, variant)].join('; ')}.`;
}

function controlPlanes(clusters: readonly ClusterTopology[]): string {
  const names = clusters.map(({ name }) => name);
  if (clusters.every(({ role }) => role === 'primary')) {
    return `${listed(names)}, each with a control plane of its own`;
  }
  const primaries = clusters.filter(({ role }) => role === 'primary');
  return primaries
    .map(({ name }) => {
      const remotes = clusters.filter(({ role, primary }) => role === 'remote' && primary === name);
      if (remotes.length === 0) return `${name} with a control plane of its own`;
      return `${name} with a control plane that also configures ${namesOf(remotes)}`;
    })
    .join(', ');
}

function networks(clusters: readonly ClusterTopology[]): string {
  const names = [...new Set(clusters.map(({ network }) => network))];
  if (names.length === 1) return 'on one network';
  const each = names.map(
    (name) => `${namesOf(clusters.filter(({ network }) => network === name))} on ${name}`,
  );
  return `on ${String(names.length)} networks joined by gateways: ${each.join(', ')}`;
}

/** What the variant adds; localities and revisions, where any are set. */
function extras(clusters: readonly ClusterTopology[], variant: string): readonly string[] {
  const places = clusters.flatMap(({ name, region, zone }) =>
    region === undefined ? [] : [`${name} in ${region}${zone === undefined ? '' : `/${zone}`}`],
  );
  const revisions = clusters.flatMap(({ name, revision }) =>
    revision === undefined ? [] : [`${revision} in ${name}`],
  );
  const meaning = meanings[variant];
  return [
    ...(meaning === undefined ? [] : [meaning]),
    ...(places.length > 0 ? [`localities: ${places.join(', ')}`] : []),
    ...(revisions.length > 0 ? [`revisions: ${revisions.join(', ')}`] : []),
  ];
}

const namesOf = (clusters: readonly ClusterTopology[]): string => listed(clusters.map(({ name }) => name));

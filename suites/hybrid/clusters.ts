import type { Declaration, Target } from '#harness';

export const clusters = ['cluster1', 'cluster2', 'cluster3'] as const;

export type ClusterName = (typeof clusters)[number];

/** From where to where. */
export type Pair = `${ClusterName}-to-${ClusterName}`;

/** Each cluster with each other one, both ways. */
export const pairs: readonly { readonly from: ClusterName; readonly to: ClusterName; readonly id: Pair }[] =
  clusters.flatMap((from) =>
    clusters.filter((to) => to !== from).map((to) => ({ from, to, id: `${from}-to-${to}` as const })),
  );

/** A check for each cluster, by ids such as `gateway/cluster1`. */
export const forEachCluster = <Name extends string>(
  name: Name,
  declaration: (cluster: ClusterName) => Declaration,
): Record<`${Name}/${ClusterName}`, Declaration> =>
  Object.fromEntries(clusters.map((cluster) => [`${name}/${cluster}`, declaration(cluster)])) as Record<
    `${Name}/${ClusterName}`,
    Declaration
  >;

/** A check for each ordered pair, by ids such as `discovers/cluster1-to-cluster2`. */
export const forEachPair = <Name extends string>(
  name: Name,
  declaration: (from: ClusterName, to: ClusterName) => Declaration,
): Record<`${Name}/${Pair}`, Declaration> =>
  Object.fromEntries(
    pairs.map(({ from, to, id }) => [`${name}/${id}`, declaration(from, to)] as const),
  ) as Record<`${Name}/${Pair}`, Declaration>;

/** The document's call: `curl helloworld.sample:5000/hello`. */
export const helloworldIn = (namespace: string): Target => ({
  url: `http://helloworld.${namespace}:5000/hello`,
  answeredBy: { version: 'Hello version: (v[123]),', instance: 'instance: (\\S+)' },
});

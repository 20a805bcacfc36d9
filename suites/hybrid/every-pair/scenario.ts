import { core, distribution, extended, reaches, scenario } from '#harness';
import { forEachCluster, forEachPair, helloworldIn } from '../clusters.ts';

/** Each version runs in one cluster. */
const versionIn = { cluster1: 'v1', cluster2: 'v2', cluster3: 'v3' } as const;

export default scenario({
  claim: 'H6',
  title: 'With three clusters, callers in each are answered by the versions of every other',
  document: 'hybrid, introduction: any number of clusters',
  needs: ['endpoint-discovery'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
    cluster3: ['sleep', 'helloworld', 'helloworld-v3'],
  },
  checks: () => ({
    ...forEachPair('reaches', (from, to) =>
      core(
        `Calls from ${from} are answered by ${versionIn[to]} in ${to}`,
        reaches([versionIn[to]], { minShare: 0.16 }),
      ),
    ),
    ...forEachCluster('thirds', (cluster) =>
      extended(
        `Each version answers a third of the calls from ${cluster}`,
        distribution({ v1: 1, v2: 1, v3: 1 }),
      ),
    ),
  }),

  async play({ cluster1, cluster2, cluster3, namespace, step }) {
    const helloworld = helloworldIn(namespace);

    await step('sleep in cluster1 calls helloworld', async () => {
      await cluster1
        .calls('sleep', helloworld)
        .measure('reaches/cluster1-to-cluster2', 'reaches/cluster1-to-cluster3', 'thirds/cluster1');
    });

    await step('sleep in cluster2 calls helloworld', async () => {
      await cluster2
        .calls('sleep', helloworld)
        .measure('reaches/cluster2-to-cluster1', 'reaches/cluster2-to-cluster3', 'thirds/cluster2');
    });

    await step('sleep in cluster3 calls helloworld', async () => {
      await cluster3
        .calls('sleep', helloworld)
        .measure('reaches/cluster3-to-cluster1', 'reaches/cluster3-to-cluster2', 'thirds/cluster3');
    });
  },
});

import { core, exclusive, extended, fact, scenario } from '#harness';
import { clusters, forEachCluster, helloworldIn } from '../clusters.ts';

export default scenario({
  claim: 'H7',
  title: 'When its namespace is deleted in every cluster, nothing of the application is left in the mesh',
  document: 'hybrid, clean up',
  needs: ['endpoint-discovery', 'control-plane-pods', 'proxy-admin', 'cross-network-gateways'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
    cluster3: ['sleep', 'helloworld', 'helloworld-v3'],
  },
  checks: () => ({
    ...forEachCluster('before', (cluster) =>
      core(`Before, ${cluster} has objects, its control plane endpoints, its gateway ways to them`, fact),
    ),
    'deleted-in-two/endpoints': extended(
      'Deleted in cluster2 and cluster3: the control plane of cluster1 has no endpoints of theirs',
      fact,
    ),
    'deleted-in-two/answers': extended(
      'Deleted in cluster2 and cluster3: callers in cluster1 are answered by v1 alone, and no call is lost',
      exclusive('v1'),
    ),
    ...forEachCluster('after', (cluster) =>
      core(
        `Afterwards ${cluster} has no object, its control plane no endpoint and its gateway no way to one`,
        fact,
      ),
    ),
  }),

  async play({ namespace, step, examine, ...stage }) {
    const { cluster1, cluster2, cluster3 } = stage;
    const calls = cluster1.calls('sleep', helloworldIn(namespace));

    await step('what there is of the namespace', async () => {
      await calls.gate();
      for (const cluster of clusters)
        await examine(`before/${cluster}`, () => stage[cluster].ownNamespace.isKnown());
    });

    await step('the namespace is deleted in cluster2 and cluster3', async () => {
      await Promise.all([cluster2.ownNamespace.delete(), cluster3.ownNamespace.delete()]);
      await examine('deleted-in-two/endpoints', () =>
        cluster1.controlPlane.hasOnlyItsOwnEndpointsOf('helloworld'),
      );
      await calls.measure('deleted-in-two/answers');
    });

    await step('the namespace is deleted in cluster1 too', async () => {
      await cluster1.ownNamespace.delete();
      for (const cluster of clusters)
        await examine(`after/${cluster}`, () => stage[cluster].ownNamespace.isForgotten());
    });
  },
});

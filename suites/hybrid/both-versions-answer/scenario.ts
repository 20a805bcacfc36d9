import { core, distribution, extended, reaches, scenario } from '#harness';
import { helloworldIn } from '../clusters.ts';

export default scenario({
  claim: 'H4',
  title: 'With HelloWorld v1 in one cluster and v2 in another, callers on both sides are answered by both',
  document: 'hybrid, verify cross-cluster load balancing',
  needs: ['endpoint-discovery'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
  },
  checks: () => ({
    'reaches/cluster1': core(
      'Calls from sleep in cluster1 are answered by v1 and by v2',
      reaches(['v1', 'v2']),
    ),
    'reaches/cluster2': core(
      'Calls from sleep in cluster2 are answered by v1 and by v2',
      reaches(['v1', 'v2']),
    ),
    'halves/cluster1': extended(
      'Each version answers half of the calls from cluster1',
      distribution({ v1: 1, v2: 1 }),
    ),
    'halves/cluster2': extended(
      'Each version answers half of the calls from cluster2',
      distribution({ v1: 1, v2: 1 }),
    ),
  }),

  async play({ cluster1, cluster2, namespace, step }) {
    const helloworld = helloworldIn(namespace);

    await step('sleep in cluster1 calls helloworld', async () => {
      await cluster1.calls('sleep', helloworld).measure('reaches/cluster1', 'halves/cluster1');
    });

    await step('sleep in cluster2 calls helloworld', async () => {
      await cluster2.calls('sleep', helloworld).measure('reaches/cluster2', 'halves/cluster2');
    });
  },
});

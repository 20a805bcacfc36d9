import { core, distribution, extended, reaches, scenario } from '#harness';
import { helloworld } from '../helloworld.ts';

export default scenario({
  claim: 'M3',
  title: 'When sleep leaves cluster1 and starts in cluster2, v1 and v2 answer it there too',
  document: 'multi-primary, steps 5.2 to 5.5',
  needs: ['endpoint-discovery'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['helloworld', 'helloworld-v2'],
  },
  checks: () => ({
    reaches: core(
      'A loop of calls from sleep in cluster2 is answered by v1 and by v2',
      reaches(['v1', 'v2']),
    ),
    halves: extended('Each version answers half of the calls', distribution({ v1: 1, v2: 1 })),
  }),

  async play({ cluster1, cluster2, step }) {
    await step('sleep in cluster1 is scaled to zero', async () => {
      await cluster1.scale('sleep', 0);
      await cluster1.isGone('sleep');
    });

    await step('sleep is deployed in cluster2', async () => {
      await cluster2.deploy('sleep');
    });

    await step('sleep in cluster2 calls helloworld in a loop', async () => {
      await cluster2.calls('sleep', helloworld).measure('reaches', 'halves');
    });
  },
});

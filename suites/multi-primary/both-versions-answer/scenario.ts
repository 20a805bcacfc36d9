import { core, distribution, extended, reaches, scenario } from '#harness';
import { helloworld } from '../helloworld.ts';

export default scenario({
  claim: 'M2',
  title: 'Calls from cluster1 are answered by v1, which runs there, and by v2, which runs in cluster2',
  document: 'multi-primary, step 5.1',
  needs: ['endpoint-discovery'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['helloworld', 'helloworld-v2'],
  },
  checks: () => ({
    reaches: core(
      'A loop of calls from sleep in cluster1 is answered by v1 and by v2',
      reaches(['v1', 'v2']),
    ),
    halves: extended('Each version answers half of the calls', distribution({ v1: 1, v2: 1 })),
  }),

  async play({ cluster1, step }) {
    await step('sleep in cluster1 calls helloworld in a loop', async () => {
      await cluster1.calls('sleep', helloworld).measure('reaches', 'halves');
    });
  },
});

import { core, distribution, exclusive, extended, reaches, scenario } from '#harness';
import { helloworld } from '../helloworld.ts';

export default scenario({
  claim: 'M6',
  title: 'Routing configured in one mesh changes what its own callers get, and nothing in the other',
  document: 'multi-primary, background: isolation of configuration',
  needs: ['endpoint-discovery'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
  },
  checks: () => ({
    'before/cluster1': core(
      'Before any rule, both versions answer callers in cluster1',
      reaches(['v1', 'v2']),
    ),
    'before/cluster2': core(
      'Before any rule, both versions answer callers in cluster2',
      reaches(['v1', 'v2']),
    ),
    'rule-in-1/cluster1': core('All to v1 in mesh 1: callers in cluster1 get v1 only', exclusive('v1')),
    'rule-in-1/cluster2': core(
      'All to v1 in mesh 1: callers in cluster2 still get both',
      reaches(['v1', 'v2']),
    ),
    'rule-in-1/cluster2-halves': extended('… and half each', distribution({ v1: 1, v2: 1 })),
    'rule-in-2/cluster2': core('All to v2 in mesh 2: callers in cluster2 get v2 only', exclusive('v2')),
    'rule-in-2/cluster1': core(
      'All to v2 in mesh 2: callers in cluster1 still get both',
      reaches(['v1', 'v2']),
    ),
    'rule-in-2/cluster1-halves': extended('… and half each', distribution({ v1: 1, v2: 1 })),
  }),

  async play({ cluster1, cluster2, step }) {
    const from1 = cluster1.calls('sleep', helloworld);
    const from2 = cluster2.calls('sleep', helloworld);

    await step('both clusters know the versions as subsets; nothing is routed yet', async () => {
      await Promise.all([cluster1.apply('subsets'), cluster2.apply('subsets')]);
      await from1.measure('before/cluster1');
      await from2.measure('before/cluster2');
    });

    await step('in mesh 1 a VirtualService sends everything to v1', async () => {
      await cluster1.apply('all-to-v1');
      await from1.settles('v1');
      await from1.measure('rule-in-1/cluster1');
      await from2.measure('rule-in-1/cluster2', 'rule-in-1/cluster2-halves');
      await cluster1.remove('all-to-v1');
    });

    await step('the mirror image: in mesh 2 a VirtualService sends everything to v2', async () => {
      await cluster2.apply('all-to-v2');
      await from2.settles('v2');
      await from2.measure('rule-in-2/cluster2');
      await from1.settles('v1', 'v2');
      await from1.measure('rule-in-2/cluster1', 'rule-in-2/cluster1-halves');
    });
  },
});

import { core, exclusive, scenario } from '#harness';
import { callsByCluster, everything, here } from '../bookinfo.ts';

export default scenario({
  claim: 'V5',
  title: 'With no reviews Service in cluster1, its name stands for the .global one',
  document: 'version routing, VirtualService of reviews: note on reviews that are all remote',
  needs: ['cross-network-gateways'],
  variants: ['replicated'],
  apps: { cluster1: ['sleep'], cluster2: everything.cluster2 },
  checks: () => ({
    literal: core('Calls to reviews are answered by cluster2, always', exclusive('cluster2')),
  }),

  async play({ cluster1, cluster2, namespace, step, skip }) {
    const given = here(namespace, cluster2);
    const calls = cluster1.calls('sleep', callsByCluster);

    await step(
      'cluster1 is told of the remote reviews, and a pod there calls them by their short name',
      async () => {
        await cluster1.apply('remote-reviews', given);
        await cluster2.apply('global-in-cluster2', given);
        const seen = await calls.failsAs({ exitCode: 6 });
        if (seen === undefined) await calls.measure('literal');
        else await skip(`DNS in these clusters knows no name without a Service: ${seen}`, 'literal');
      },
    );
  },
});

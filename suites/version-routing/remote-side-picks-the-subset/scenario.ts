import { core, exclusive, fact, scenario } from '#harness';
import { everything, here, reviewsAsData } from '../bookinfo.ts';

export default scenario({
  claim: 'V2',
  title: "The .global name leads to cluster2's gateway, and behind it cluster2 picks the pods of the subset",
  document: 'version routing, ServiceEntry and DestinationRule of the remote reviews',
  needs: ['cross-network-gateways'],
  variants: ['replicated'],
  apps: { cluster1: ['sleep', 'reviews', 'reviews-v1'], cluster2: everything.cluster2 },
  checks: () => ({
    'global/gateway': core(
      "All that the caller's proxy knows of the .global name is cluster2's gateway, port 15443",
      fact,
    ),
    'global/v2': core('Calls routed to subset v2 are answered by v2 of cluster2, always', exclusive('v2')),
    'global/v3': core('Calls routed to subset v3 are answered by v3 of cluster2, always', exclusive('v3')),
  }),

  async play({ cluster1, cluster2, namespace, step, examine }) {
    const calls = cluster1.calls('sleep', reviewsAsData);
    const given = here(namespace, cluster2);
    const global = { host: `reviews.${namespace}.global`, port: 9080 };

    await step('cluster1 is told of the remote reviews, and cluster2 of their .global name', async () => {
      await cluster1.apply('remote-reviews', given);
      await cluster2.apply('global-in-cluster2', given);
      await examine('global/gateway', () => cluster1.proxy('sleep').sendsThroughGatewayOf(cluster2, global));
    });

    await step('everything is routed to subset v2', async () => {
      await cluster1.apply('all-to-v2', given);
      await calls.settles('v2');
      await calls.measure('global/v2');
    });

    await step('everything is routed to subset v3', async () => {
      await cluster1.apply('all-to-v3', given);
      await calls.settles('v3');
      await calls.measure('global/v3');
    });
  },
});

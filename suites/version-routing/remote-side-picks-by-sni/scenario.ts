import { exclusive, extended, fact, scenario } from '#harness';
import { everything, here, reviewsAsData } from '../bookinfo.ts';

export default scenario({
  claim: 'V2',
  title:
    'The same where the caller asks the gateway for the subset by the name that cluster2 itself has for it',
  document: 'version routing, ServiceEntry and DestinationRule of the remote reviews, with an SNI of our own',
  needs: ['cross-network-gateways'],
  variants: ['replicated'],
  apps: { cluster1: ['sleep', 'reviews', 'reviews-v1'], cluster2: everything.cluster2 },
  checks: () => ({
    'sni/gateway': extended(
      "All that the caller's proxy knows of subset v2 of the .global name is cluster2's gateway, port 15443",
      fact,
    ),
    'sni/v2': extended('Calls routed to subset v2 are answered by v2 of cluster2, always', exclusive('v2')),
    'sni/v3': extended('Calls routed to subset v3 are answered by v3 of cluster2, always', exclusive('v3')),
  }),

  async play({ cluster1, cluster2, namespace, step, examine }) {
    const calls = cluster1.calls('sleep', reviewsAsData);
    const given = here(namespace, cluster2);
    const v2 = { host: `reviews.${namespace}.global`, port: 9080, subset: 'v2' };

    await step('cluster1 is told of the remote reviews, and cluster2 of its own subsets', async () => {
      await cluster1.apply('remote-reviews', given);
      await cluster2.apply('subsets', given);
      await examine('sni/gateway', () => cluster1.proxy('sleep').sendsThroughGatewayOf(cluster2, v2));
    });

    await step('everything is routed to subset v2', async () => {
      await cluster1.apply('all-to-v2', given);
      await calls.settles('v2');
      await calls.measure('sni/v2');
    });

    await step('everything is routed to subset v3', async () => {
      await cluster1.apply('all-to-v3', given);
      await calls.settles('v3');
      await calls.measure('sni/v3');
    });
  },
});

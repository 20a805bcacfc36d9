import { core, exclusive, scenario } from '#harness';
import { byCluster, everything, reviews, thePage } from '../bookinfo.ts';

export default scenario({
  claim: 'V5',
  title: 'With no reviews pod in cluster1, the page shows those of cluster2, without any rule',
  document: 'version routing, VirtualService of reviews: note on reviews that are all remote',
  needs: ['endpoint-discovery', 'cross-network-gateways', 'ingress'],
  variants: ['gateways'],
  // The Service stays: without it the name means nothing in cluster1.
  apps: { cluster1: [...thePage, 'reviews'], cluster2: everything.cluster2 },
  checks: () => ({
    remote: core('Reviews are served by cluster2, always', exclusive('cluster2')),
  }),

  async play({ cluster1, step }) {
    const visitors = await cluster1.visitors('ingress-gateway');
    const behind = cluster1.calls('productpage', reviews);

    await step('visitors load the page', async () => {
      await visitors.visit(byCluster, behind).measure('remote');
    });
  },
});

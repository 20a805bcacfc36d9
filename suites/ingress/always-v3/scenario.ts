import { exclusive, scenario } from '#harness';
import { documented, everything, page, reviews, stars } from '../bookinfo.ts';

export default scenario({
  claim: 'I4',
  title: 'With everything routed to v3, visitors always see red stars',
  document: 'ingress, step 5',
  needs: ['endpoint-discovery', 'ingress'],
  apps: everything,
  checks: ({ variant }) => {
    const promise = documented(variant);
    return {
      v3: promise('Reviews are served by v3, always', exclusive('v3')),
      'red-stars': promise('The stars on the page are red, always', exclusive('red')),
      'one-connection': promise(
        'A visitor who keeps the connection is served by v3, always',
        exclusive('v3'),
      ),
    };
  },

  async play({ cluster1, cluster2, variant, step }) {
    const visitors = await cluster2.visitors('ingress-gateway');
    const behind = cluster2.calls('productpage', reviews);
    const visits = visitors.visit(page, behind);

    await step('the versions become subsets, and a VirtualService sends everything to v3', async () => {
      await cluster2.apply('subsets');
      // Where each cluster has a control plane of its own, each has to know the subsets.
      if (variant === 'multi-primary') await cluster1.apply('subsets');
      await cluster2.apply('all-to-v3');
      await visits.settles('v3');
    });

    await step('visitors load the page', async () => {
      await visits.measure('v3');
      await visitors.visit(stars, behind).measure('red-stars');
      await visitors.visit({ ...page, connections: 'kept' }, behind).measure('one-connection');
    });
  },
});

import { core, distribution, exclusive, scenario } from '#harness';
import { everything, here, jason, page, reviews, reviewsAsData, stars } from '../bookinfo.ts';

export default scenario({
  claim: 'V4',
  title:
    "With endpoint discovery and subsets, jason's half and half and everybody else's v1 need no remote name",
  document: "version routing, VirtualService of reviews, with today's means",
  needs: ['endpoint-discovery', 'cross-network-gateways', 'ingress'],
  variants: ['gateways'],
  apps: { cluster1: ['sleep', ...everything.cluster1], cluster2: everything.cluster2 },
  checks: () => ({
    v2: core('Calls routed to subset v2 are answered by v2 of cluster2, always', exclusive('v2')),
    v3: core('Calls routed to subset v3 are answered by v3 of cluster2, always', exclusive('v3')),
    jason: core('Signed in as jason: reviews of v2 and of v3, half each', distribution({ v2: 1, v3: 1 })),
    stars: core('Signed in as jason: black and red stars, half each', distribution({ black: 1, red: 1 })),
    others: core('Not signed in: reviews of v1, always', exclusive('v1')),
    'somebody-else': core('Signed in as somebody else: no stars, ever', exclusive('none')),
    'signed-out': core('Jason signed out: reviews of v1, always', exclusive('v1')),
  }),

  async play({ cluster1, cluster2, namespace, step }) {
    const visitors = await cluster1.visitors('ingress-gateway');
    const behind = cluster1.calls('productpage', reviews);
    const calls = cluster1.calls('sleep', reviewsAsData);
    const given = here(namespace, cluster2);

    // Half and half would come about, too, if the gateway led to any pod of cluster2, where only v2 and v3 run.
    await step('both clusters know the subsets, and cluster1 routes everything to v2', async () => {
      await Promise.all([cluster1.apply('subsets', given), cluster2.apply('subsets', given)]);
      await cluster1.apply('all-to-v2', given);
      await calls.settles('v2');
      await calls.measure('v2');
    });

    await step('everything is routed to v3', async () => {
      await cluster1.apply('all-to-v3', given);
      await calls.settles('v3');
      await calls.measure('v3');
    });

    await step('jason alone is routed to v2 and v3, and signs in', async () => {
      await cluster1.apply('jason', given);
      const cookies = await visitors.signIn('/login', jason);
      const visits = visitors.visit({ ...page, cookies }, behind);
      await visits.settles('v2', 'v3');
      await visits.measure('jason');
      await visitors.visit({ ...stars, cookies }, behind).measure('stars');
      const left = await visitors.signOut('/logout', cookies);
      await visitors.visit({ ...page, cookies: left }, behind).measure('signed-out');
    });

    await step('others load the page', async () => {
      await visitors.visit(page, behind).measure('others');
      const cookies = await visitors.signIn('/login', { ...jason, username: 'somebody' });
      await visitors.visit({ ...stars, cookies }, behind).measure('somebody-else');
    });
  },
});

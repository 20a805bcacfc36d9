import { core, distribution, exclusive, scenario } from '#harness';
import { everything, here, jason, page, reviews, stars } from '../bookinfo.ts';

export default scenario({
  claim: 'V4',
  title:
    "With endpoint discovery and subsets, jason's half and half and everybody else's v1 need no remote name",
  document: "version routing, VirtualService of reviews, with today's means",
  needs: ['endpoint-discovery', 'cross-network-gateways', 'ingress'],
  variants: ['gateways'],
  apps: everything,
  checks: () => ({
    jason: core('Signed in as jason: reviews of v2 and of v3, half each', distribution({ v2: 1, v3: 1 })),
    stars: core('Signed in as jason: black and red stars, half each', distribution({ black: 1, red: 1 })),
    others: core('Not signed in: reviews of v1, always', exclusive('v1')),
    'somebody-else': core('Signed in as somebody else: no stars, ever', exclusive('none')),
    'signed-out': core('Jason signed out: reviews of v1, always', exclusive('v1')),
  }),

  async play({ cluster1, cluster2, namespace, step }) {
    const visitors = await cluster1.visitors('ingress-gateway');
    const behind = cluster1.calls('productpage', reviews);
    const given = here(namespace, cluster2);

    await step('both clusters know the subsets, and cluster1 routes jason to v2 and v3', async () => {
      await Promise.all([cluster1.apply('subsets', given), cluster2.apply('subsets', given)]);
      await cluster1.apply('jason', given);
    });

    await step('jason signs in', async () => {
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

import { distribution, exclusive, extended, scenario } from '#harness';
import { everything, here, jason, page, reviews, stars } from '../bookinfo.ts';

export default scenario({
  claim: 'V3',
  title: 'The same where cluster1 asks for the subsets by the names that cluster2 itself has for them',
  document: 'version routing, VirtualService of reviews, with an SNI of our own',
  needs: ['cross-network-gateways', 'ingress'],
  variants: ['replicated'],
  apps: everything,
  checks: () => ({
    'sni/jason': extended(
      'Signed in as jason: reviews of v2 and of v3, half each',
      distribution({ v2: 1, v3: 1 }),
    ),
    'sni/stars': extended(
      'Signed in as jason: black and red stars, half each',
      distribution({ black: 1, red: 1 }),
    ),
    'sni/others': extended('Not signed in: reviews of v1, always', exclusive('v1')),
    'sni/signed-out': extended('Jason signed out: reviews of v1, always', exclusive('v1')),
  }),

  async play({ cluster1, cluster2, namespace, step }) {
    const visitors = await cluster1.visitors('ingress-gateway');
    const behind = cluster1.calls('productpage', reviews);
    const given = here(namespace, cluster2);

    await step('jason is routed to cluster2, by the names that it has for its subsets', async () => {
      await cluster1.apply('remote-reviews', given);
      await Promise.all([cluster1.apply('subsets', given), cluster2.apply('subsets', given)]);
      await cluster1.apply('jason', given);
    });

    await step('jason signs in', async () => {
      const cookies = await visitors.signIn('/login', jason);
      const visits = visitors.visit({ ...page, cookies }, behind);
      await visits.settles('v2', 'v3');
      await visits.measure('sni/jason');
      await visitors.visit({ ...stars, cookies }, behind).measure('sni/stars');
      const left = await visitors.signOut('/logout', cookies);
      await visitors.visit({ ...page, cookies: left }, behind).measure('sni/signed-out');
    });

    await step('others load the page', async () => {
      await visitors.visit(page, behind).measure('sni/others');
    });
  },
});

import { core, distribution, exclusive, scenario } from '#harness';
import { everything, here, jason, page, reviews, reviewsForJason, stars } from '../bookinfo.ts';

export default scenario({
  claim: 'V3',
  title: 'Signed in as jason one sees v2 and v3 of the other cluster, half each; everybody else sees v1',
  document: 'version routing, VirtualService of reviews',
  needs: ['cross-network-gateways', 'ingress'],
  variants: ['replicated'],
  apps: { cluster1: [...everything.cluster1, 'sleep'], cluster2: everything.cluster2 },
  checks: () => ({
    literal: core(
      "With the document's own objects and no others, jason gets v2 and v3, half each",
      distribution({ v2: 1, v3: 1 }),
    ),
    'global/jason': core(
      'Signed in as jason: reviews of v2 and of v3, half each',
      distribution({ v2: 1, v3: 1 }),
    ),
    'global/stars': core(
      'Signed in as jason: black and red stars, half each',
      distribution({ black: 1, red: 1 }),
    ),
    'global/others': core('Not signed in: reviews of v1, always', exclusive('v1')),
    'global/somebody-else': core('Signed in as somebody else: no stars, ever', exclusive('none')),
    'global/signed-out': core('Jason signed out: reviews of v1, always', exclusive('v1')),
  }),

  async play({ cluster1, cluster2, namespace, step, skip }) {
    const visitors = await cluster1.visitors('ingress-gateway');
    const behind = cluster1.calls('productpage', reviews);
    const given = here(namespace, cluster2);

    await step("the document's own objects are applied", async () => {
      await cluster1.apply('remote-reviews', given);
      await Promise.all([cluster1.apply('subsets', given), cluster2.apply('subsets', given)]);
      await cluster1.apply('jason', given);
      const calls = cluster1.calls('sleep', reviewsForJason);
      const seen = await calls.failsAs({ status: 503, words: 'remote connection failure' });
      if (seen === undefined) await calls.measure('literal');
      else await skip(`this mesh's gateways do not turn .global names into their own: ${seen}`, 'literal');
    });

    await step('cluster2 is told of the .global name', async () => {
      await cluster2.apply('global-in-cluster2', given);
    });

    await step('jason signs in', async () => {
      const cookies = await visitors.signIn('/login', jason);
      const visits = visitors.visit({ ...page, cookies }, behind);
      await visits.settles('v2', 'v3');
      await visits.measure('global/jason');
      await visitors.visit({ ...stars, cookies }, behind).measure('global/stars');
      const left = await visitors.signOut('/logout', cookies);
      await visitors.visit({ ...page, cookies: left }, behind).measure('global/signed-out');
    });

    await step('others load the page', async () => {
      await visitors.visit(page, behind).measure('global/others');
      const cookies = await visitors.signIn('/login', { ...jason, username: 'somebody' });
      await visitors.visit({ ...stars, cookies }, behind).measure('global/somebody-else');
    });
  },
});

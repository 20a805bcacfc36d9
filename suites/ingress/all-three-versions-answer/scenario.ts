import { core, distribution, reaches, scenario } from '#harness';
import { everything, page, reviews, reviewsAsData } from '../bookinfo.ts';

export default scenario({
  claim: 'I3',
  title: 'Page loads show all three versions of reviews, a third each, though v3 runs in the other cluster',
  document: 'ingress, step 4',
  needs: ['endpoint-discovery', 'ingress'],
  apps: everything,
  checks: () => ({
    reaches: core('Visitors see reviews of v1, of v2 and of v3', reaches(['v1', 'v2', 'v3'])),
    thirds: core('Each version serves a third of the page loads', distribution({ v1: 1, v2: 1, v3: 1 })),
    'one-connection': core(
      'A visitor who keeps the connection sees thirds too',
      distribution({ v1: 1, v2: 1, v3: 1 }),
    ),
    'as-data': core(
      "The page's interface for programs shows thirds too",
      distribution({ v1: 1, v2: 1, v3: 1 }),
    ),
  }),

  async play({ cluster2, step }) {
    const visitors = await cluster2.visitors('ingress-gateway');
    const behind = cluster2.calls('productpage', reviews);

    await step('visitors load the page through the gateway, each with a connection of its own', async () => {
      await visitors.visit(page, behind).measure('reaches', 'thirds');
    });

    await step('one visitor loads it again and again', async () => {
      await visitors.visit({ ...page, connections: 'kept' }, behind).measure('one-connection');
    });

    await step('a program reads the reviews as data', async () => {
      await visitors.visit(reviewsAsData, behind).measure('as-data');
    });
  },
});

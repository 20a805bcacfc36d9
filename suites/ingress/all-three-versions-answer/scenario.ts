import { distribution, reaches, scenario } from '#harness';
import { documented, everything, page, reviews, reviewsAsData, stars } from '../bookinfo.ts';

export default scenario({
  claim: 'I3',
  title: 'Page loads show all three versions of reviews, a third each, though v3 runs in the other cluster',
  document: 'ingress, step 4',
  needs: ['endpoint-discovery', 'ingress'],
  apps: everything,
  checks: ({ variant }) => {
    const promise = documented(variant);
    const thirds = distribution({ v1: 1, v2: 1, v3: 1 });
    return {
      reaches: promise('Visitors see reviews of v1, of v2 and of v3', reaches(['v1', 'v2', 'v3'])),
      thirds: promise('Each version serves a third of the page loads', thirds),
      stars: promise(
        'A third of the pages has no stars, a third black ones, a third red ones',
        distribution({ none: 1, black: 1, red: 1 }),
      ),
      'one-connection': promise('A visitor who keeps the connection sees thirds too', thirds),
      'as-data': promise("The page's interface for programs shows thirds too", thirds),
    };
  },

  async play({ cluster2, step }) {
    const visitors = await cluster2.visitors('ingress-gateway');
    const behind = cluster2.calls('productpage', reviews);

    await step('visitors load the page through the gateway, each with a connection of its own', async () => {
      await visitors.visit(page, behind).measure('reaches', 'thirds');
      await visitors.visit(stars, behind).measure('stars');
    });

    await step('one visitor loads it again and again', async () => {
      await visitors.visit({ ...page, connections: 'kept' }, behind).measure('one-connection');
    });

    await step('a program reads the reviews as data', async () => {
      await visitors.visit(reviewsAsData, behind).measure('as-data');
    });
  },
});

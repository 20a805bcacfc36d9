import { core, exclusive, fact, scenario } from '#harness';
import { everything, page, reviews, stars } from '../bookinfo.ts';

export default scenario({
  claim: 'V1',
  title: 'Before anything is routed, the page shows reviews of v1 without stars, and nothing crosses',
  document: 'version routing, access to Bookinfo',
  needs: ['ingress'],
  variants: ['replicated'],
  apps: everything,
  checks: () => ({
    v1: core('Reviews are served by v1, always', exclusive('v1')),
    'no-stars': core('The page shows no stars, ever', exclusive('none')),
    'nothing-crosses': core('All that the proxy of the page knows of reviews is the pod in cluster1', fact),
  }),

  async play({ cluster1, step, examine }) {
    const visitors = await cluster1.visitors('ingress-gateway');
    const behind = cluster1.calls('productpage', reviews);

    await step('visitors load the page', async () => {
      await visitors.visit(page, behind).measure('v1');
      await visitors.visit(stars, behind).measure('no-stars');
    });

    await step('where the proxy of the page sends calls to reviews', async () => {
      await examine('nothing-crosses', () => cluster1.proxy('productpage').keepsInside('reviews', 9080));
    });
  },
});

import { distribution, exclusive, extended, fact, scenario } from '#harness';
import { everything, page, reviews } from '../bookinfo.ts';

/** As everywhere, but for Istio's own gateway and routes. */
const [, , ...applications] = everything.cluster2;

export default scenario({
  claim: 'I6',
  title: 'The Kubernetes Gateway API keeps the same promises',
  document: 'ingress, steps 3 to 5, in the words of the Gateway API',
  needs: ['endpoint-discovery', 'ingress', 'gateway-api'],
  apps: {
    cluster2: ['gateway', ...applications, 'reviews-v3-service'],
    cluster1: [...everything.cluster1, 'reviews-v3-service'],
  },
  checks: () => ({
    page: extended('The documented paths answer through a Gateway and an HTTPRoute', fact),
    elsewhere: extended('Other paths are refused by the gateway with 404', fact),
    thirds: extended(
      'Each version of reviews serves a third of the page loads',
      distribution({ v1: 1, v2: 1, v3: 1 }),
    ),
    v3: extended('With an HTTPRoute from reviews to v3, v3 serves always', exclusive('v3')),
  }),

  async play({ cluster2, step, examine }) {
    const visitors = await cluster2.visitors('bookinfo-istio');
    const visits = visitors.visit(page, cluster2.calls('productpage', reviews));

    await step('a visitor tries documented paths and others', async () => {
      await examine('page', () => visitors.sees(['/productpage', '/api/v1/products'], { status: 200 }));
      await examine('elsewhere', () => visitors.isRefused('/', '/health', '/reviews/0'));
    });

    await step('visitors load the page', async () => {
      await visits.measure('thirds');
    });

    await step('an HTTPRoute sends everything to v3', async () => {
      await cluster2.apply('all-to-v3');
      await visits.settles('v3');
      await visits.measure('v3');
    });
  },
});

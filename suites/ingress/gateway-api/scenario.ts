import { distribution, exclusive, extended, fact, scenario } from '#harness';
import {
  applications,
  dataPaths,
  everything,
  otherPaths,
  page,
  reviews,
  session,
  stars,
} from '../bookinfo.ts';

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
    page: extended('/productpage and /api/v1/products answer through a Gateway and an HTTPRoute', fact),
    static: extended('What lies below /static is asked of the page: it answers, not the gateway', fact),
    'sign-in': extended('/login takes the form and sends visitors back to the page, signed in', fact),
    'sign-out': extended('/logout sends visitors back to the page, signed out', fact),
    elsewhere: extended('Other paths are refused by the gateway with 404', fact),
    thirds: extended(
      'Each version of reviews serves a third of the page loads',
      distribution({ v1: 1, v2: 1, v3: 1 }),
    ),
    v3: extended('With an HTTPRoute from reviews to v3, v3 serves always', exclusive('v3')),
    'red-stars': extended('… and the stars on the page are red, always', exclusive('red')),
  }),

  async play({ cluster2, step, examine }) {
    const visitors = await cluster2.visitors('bookinfo-istio');
    const behind = cluster2.calls('productpage', reviews);
    const visits = visitors.visit(page, behind);

    await step('a visitor tries documented paths and others', async () => {
      await examine('page', () => visitors.sees('/productpage', ...dataPaths));
      await examine('static', () => visitors.arrives({ served: '/productpage' }, '/static/no-such-file'));
      await examine('sign-in', () => visitors.signsIn(session));
      await examine('sign-out', () => visitors.signsOut(session));
      await examine('elsewhere', () => visitors.isRefused({ served: '/productpage' }, ...otherPaths));
    });

    await step('visitors load the page', async () => {
      await visits.measure('thirds');
    });

    await step('an HTTPRoute sends everything to v3', async () => {
      await cluster2.apply('all-to-v3');
      await visits.settles('v3');
      await visits.measure('v3');
      await visitors.visit(stars, behind).measure('red-stars');
    });
  },
});

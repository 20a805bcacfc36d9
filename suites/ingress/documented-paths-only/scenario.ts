import { fact, scenario } from '#harness';
import { dataPaths, documented, everything, otherPaths, session } from '../bookinfo.ts';

export default scenario({
  claim: 'I2',
  title: 'The gateway lets in the documented paths and no others',
  document: 'ingress, step 3: the VirtualService of the gateway',
  needs: ['ingress'],
  apps: everything,
  checks: ({ variant }) => {
    const promise = documented(variant);
    return {
      page: promise('/productpage answers 200', fact),
      static: promise('What lies below /static is asked of the page: it answers, not the gateway', fact),
      'sign-in': promise('/login takes the form and sends visitors back to the page, signed in', fact),
      'sign-out': promise('/logout sends visitors back to the page, signed out', fact),
      'as-data': promise('/api/v1/products and what lies below it answer 200', fact),
      elsewhere: promise('Other paths are refused by the gateway with 404', fact),
    };
  },

  async play({ cluster2, step, examine }) {
    const visitors = await cluster2.visitors('ingress-gateway');

    await step('a visitor tries every documented path', async () => {
      await examine('page', () => visitors.sees('/productpage'));
      await examine('static', () => visitors.arrives({ served: '/productpage' }, '/static/no-such-file'));
      await examine('sign-in', () => visitors.signsIn(session));
      await examine('sign-out', () => visitors.signsOut(session));
      await examine('as-data', () => visitors.sees(...dataPaths));
    });

    await step('a visitor tries paths that are not documented', async () => {
      await examine('elsewhere', () => visitors.isRefused({ served: '/productpage' }, ...otherPaths));
    });
  },
});

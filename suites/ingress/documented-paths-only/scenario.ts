import { core, fact, scenario } from '#harness';
import { everything } from '../bookinfo.ts';

export default scenario({
  claim: 'I2',
  title: 'The gateway lets in the documented paths and no others',
  document: 'ingress, step 3: the VirtualService of the gateway',
  needs: ['ingress'],
  apps: everything,
  checks: () => ({
    page: core('/productpage answers 200', fact),
    static: core('What lies below /static is asked of the page: it answers, not the gateway', fact),
    'sign-in': core('/login takes the form and sends visitors back to the page, signed in', fact),
    'sign-out': core('/logout sends visitors back to the page', fact),
    'as-data': core('/api/v1/products and what lies below it answer 200', fact),
    elsewhere: core('Other paths are refused by the gateway with 404', fact),
  }),

  async play({ cluster2, step, examine }) {
    const visitors = await cluster2.visitors('ingress-gateway');

    await step('a visitor tries every documented path', async () => {
      await examine('page', () => visitors.sees('/productpage', { status: 200 }));
      await examine('static', () => visitors.arrives('/static/no-such-file'));
      await examine('sign-in', () =>
        visitors.sees('/login', { status: 302, form: { username: 'jason', passwd: '' } }),
      );
      await examine('sign-out', () => visitors.sees('/logout', { status: 302 }));
      await examine('as-data', () =>
        visitors.sees(['/api/v1/products', '/api/v1/products/0', '/api/v1/products/0/reviews'], {
          status: 200,
        }),
      );
    });

    await step('a visitor tries paths that are not documented', async () => {
      await examine('elsewhere', () =>
        visitors.isRefused('/', '/health', '/productpage/', '/reviews/0', '/details/0', '/stats'),
      );
    });
  },
});

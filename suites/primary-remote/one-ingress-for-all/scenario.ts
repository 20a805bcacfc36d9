import { core, fact, reaches, scenario, type Page } from '#harness';
import { backend, everywhere } from '../backend.ts';

const page: Page = { path: '/hello', answeredBy: backend.answeredBy };

export default scenario({
  claim: 'P3',
  title: 'The ingress gateway is found by its label, and serves applications of all clusters',
  document: 'primary-remote, ingress gateway',
  needs: ['endpoint-discovery', 'ingress'],
  apps: {
    cluster1: [...everywhere.cluster1, 'ingress-gateway', 'backend-routes'],
    cluster2: everywhere.cluster2,
    cluster3: everywhere.cluster3,
  },
  checks: () => ({
    label: core(
      'A gateway that is made with the label istio=ingressgateway gets ready, and an address',
      fact,
    ),
    reaches: core(
      'Its visitors are answered by instances of all three clusters',
      reaches(['v1', 'v2', 'v3']),
    ),
  }),

  async play({ cluster1, step, examine }) {
    const visitors = await cluster1.visitors('ingress-gateway');

    await step('the gateway is looked for by its label', async () => {
      await examine('label', () => cluster1.joining.findsGateway('istio=ingressgateway'));
    });

    await step('visitors come in through it', async () => {
      await visitors.visit(page, cluster1.calls('sleep', backend)).measure('reaches');
    });
  },
});

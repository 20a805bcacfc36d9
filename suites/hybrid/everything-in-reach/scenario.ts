import { core, fact, scenario } from '#harness';
import { forEachPair, pairs } from '../clusters.ts';

export default scenario({
  claim: 'H0',
  title: 'Every API server and every gateway can be reached from every cluster of the mesh',
  document: 'hybrid, prerequisites',
  needs: ['cross-network-gateways'],
  apps: { cluster1: ['prober'], cluster2: ['prober'], cluster3: ['prober'] },
  checks: () => ({
    ...forEachPair('api-server', (from, to) =>
      core(`The API server of ${to} answers a pod in ${from}`, fact),
    ),
    ...forEachPair('gateway', (from, to) =>
      core(`The gateway of ${to} takes connections from a pod in ${from}`, fact),
    ),
  }),

  async play({ step, examine, ...stage }) {
    await step('a prober in each cluster asks the API servers of the others', async () => {
      for (const { from, to, id } of pairs)
        await examine(`api-server/${id}`, () => stage[from].reachesApiServerOf(stage[to]));
    });

    // How far each gateway is open, also to where the harness runs, is stated with it.
    await step('a prober in each cluster knocks at the gateways of the others', async () => {
      for (const { from, to, id } of pairs)
        await examine(`gateway/${id}`, () => stage[to].gateway.isReachableFrom(stage[from]));
    });
  },
});

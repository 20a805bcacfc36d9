import { core, fact, scenario } from '#harness';
import { forEachPair, pairs } from '../clusters.ts';

export default scenario({
  claim: 'H2',
  title:
    'All clusters have the same custom root, and each control plane discovers the endpoints of every other',
  document: 'hybrid, prerequisites and enable endpoint discovery',
  needs: ['endpoint-discovery', 'control-plane-pods', 'proxy-admin'],
  apps: {
    cluster1: ['helloworld', 'helloworld-v1'],
    cluster2: ['helloworld', 'helloworld-v2'],
    cluster3: ['helloworld', 'helloworld-v3'],
  },
  checks: () => ({
    'root/cluster1-and-cluster2': core('Workloads of cluster1 and cluster2 have the same root', fact),
    'root/cluster1-and-cluster3': core('Workloads of cluster1 and cluster3 have the same root', fact),
    'root/given': core('The root that each cluster gives its workloads is one and the same', fact),
    ...forEachPair('watches', (from, to) =>
      core(`The control plane of ${from} watches ${to}, and has read it`, fact),
    ),
    ...forEachPair('discovers', (from, to) =>
      core(`The control plane of ${from} has the endpoints of helloworld in ${to}`, fact),
    ),
  }),

  async play({ step, examine, ...stage }) {
    const { cluster1, cluster2, cluster3 } = stage;

    await step('the root that proxies check each other against', async () => {
      const v1 = cluster1.proxy('helloworld');
      await examine('root/cluster1-and-cluster2', () => v1.sharesItsRootWith(cluster2.proxy('helloworld')));
      await examine('root/cluster1-and-cluster3', () => v1.sharesItsRootWith(cluster3.proxy('helloworld')));
      await examine('root/given', () => cluster1.controlPlane.givesTheRootOf(cluster2, cluster3));
    });

    await step('which clusters each control plane watches', async () => {
      for (const { from, to, id } of pairs)
        await examine(`watches/${id}`, () => stage[from].controlPlane.watches(stage[to]));
    });

    await step('which endpoints each control plane has', async () => {
      for (const { from, to, id } of pairs)
        await examine(`discovers/${id}`, () =>
          stage[from].controlPlane.hasEndpointsOf('helloworld', stage[to]),
        );
    });
  },
});

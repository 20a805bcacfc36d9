import { core, fact, scenario } from '#harness';

export default scenario({
  claim: 'M1',
  title:
    "Every proxy is configured by its own cluster's control plane, which knows the other cluster's endpoints",
  document: 'multi-primary, background and step 2',
  needs: ['endpoint-discovery', 'control-plane-pods'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
  },
  admission: { cluster1: 'own-control-plane/cluster1', cluster2: 'own-control-plane/cluster2' },
  checks: () => ({
    'own-control-plane/cluster1': core(
      "All proxies of cluster1, and no others, are connected to cluster1's control plane",
      fact,
    ),
    'own-control-plane/cluster2': core(
      "All proxies of cluster2, and no others, are connected to cluster2's control plane",
      fact,
    ),
    'discovers/cluster1': core("The control plane of cluster1 has cluster2's endpoints of helloworld", fact),
    'discovers/cluster2': core("The control plane of cluster2 has cluster1's endpoints of helloworld", fact),
  }),

  async play({ cluster1, cluster2, step, examine }) {
    await step('which proxies are connected to which control plane', async () => {
      await examine('own-control-plane/cluster1', () => cluster1.controlPlane.servesExactlyItsOwnProxies());
      await examine('own-control-plane/cluster2', () => cluster2.controlPlane.servesExactlyItsOwnProxies());
    });

    await step('which endpoints each control plane has', async () => {
      await examine('discovers/cluster1', () => cluster1.controlPlane.hasEndpointsOf('helloworld', cluster2));
      await examine('discovers/cluster2', () => cluster2.controlPlane.hasEndpointsOf('helloworld', cluster1));
    });
  },
});

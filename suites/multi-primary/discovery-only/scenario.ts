import { core, fact, scenario } from '#harness';

export default scenario({
  claim: 'M7',
  title: 'A control plane discovers the other cluster and puts nothing into it',
  document: 'multi-primary, step 2, note on discovery only',
  needs: ['endpoint-discovery', 'control-plane-pods'],
  apps: {
    cluster1: ['sleep', 'helloworld'],
    cluster2: ['sleep', 'helloworld'],
  },
  checks: () => ({
    'no-proxy/cluster2': core("No proxy of cluster2 is connected to cluster1's control plane", fact),
    'no-proxy/cluster1': core("No proxy of cluster1 is connected to cluster2's control plane", fact),
    'no-webhook/cluster2': core('No webhook of Istio in cluster2 points out of it', fact),
    'no-webhook/cluster1': core('No webhook of Istio in cluster1 points out of it', fact),
    'read-only/cluster2': core(
      "The rights that cluster1's control plane has in cluster2 let it read, not write",
      fact,
    ),
    'read-only/cluster1': core(
      "The rights that cluster2's control plane has in cluster1 let it read, not write",
      fact,
    ),
  }),

  async play({ cluster1, cluster2, step, examine }) {
    await step('which proxies take their configuration from the other control plane', async () => {
      await examine('no-proxy/cluster2', () => cluster1.controlPlane.servesNoProxyOf(cluster2));
      await examine('no-proxy/cluster1', () => cluster2.controlPlane.servesNoProxyOf(cluster1));
    });

    await step('where the webhooks of each cluster point', async () => {
      await examine('no-webhook/cluster2', () => cluster2.controlPlane.webhooksStayInside());
      await examine('no-webhook/cluster1', () => cluster1.controlPlane.webhooksStayInside());
    });

    await step("what the other control plane's secret lets it do", async () => {
      await examine('read-only/cluster2', () => cluster1.controlPlane.mayOnlyRead(cluster2));
      await examine('read-only/cluster1', () => cluster2.controlPlane.mayOnlyRead(cluster1));
    });
  },
});

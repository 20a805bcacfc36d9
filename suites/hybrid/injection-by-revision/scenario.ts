import { core, extended, fact, scenario } from '#harness';
import { clusters, forEachCluster } from '../clusters.ts';

export default scenario({
  claim: 'H3',
  title: 'Proxies are injected by the label istio.io/rev with the revision of the running istiod',
  document: 'hybrid, enable sidecar injection',
  needs: ['control-plane-pods'],
  apps: { cluster1: ['sleep'], cluster2: ['sleep'], cluster3: ['sleep'] },
  checks: () => ({
    ...forEachCluster('unlabelled', (cluster) =>
      extended(`Without the label, a pod in ${cluster} gets no proxy`, fact),
    ),
    ...forEachCluster('injected', (cluster) =>
      core(
        `With the label, a pod in ${cluster} comes up complete (2/2), with a proxy of that revision`,
        fact,
      ),
    ),
    ...forEachCluster('configured', (cluster) =>
      core(`That revision's control plane configures the pod's proxy in ${cluster}`, fact),
    ),
  }),

  async play({ step, examine, ...stage }) {
    const everywhere = clusters.map((name) => ({ name, cluster: stage[name] }));

    await step('the label of the revision is taken away, and istio-injection says disabled', async () => {
      await Promise.all(
        everywhere.map(async ({ cluster }) => {
          await cluster.ownNamespace.label({ 'istio-injection': 'disabled', 'istio.io/rev': null });
          await cluster.restart('sleep');
        }),
      );
      for (const { name, cluster } of everywhere)
        await examine(`unlabelled/${name}`, () => cluster.proxy('sleep').isAbsent());
    });

    await step('istio-injection is removed, and the revision of the running istiod is set', async () => {
      const restarted = await Promise.all(
        everywhere.map(async ({ name, cluster }) => {
          await cluster.injectBy(await cluster.controlPlane.revision());
          return cluster.restart('sleep', { judgedBy: `injected/${name}` });
        }),
      );
      for (const [index, { name, cluster }] of everywhere.entries()) {
        const revision = await cluster.controlPlane.revision();
        if (restarted[index]?.isReady === true)
          await examine(`injected/${name}`, () => cluster.proxy('sleep').isOfRevision(revision));
        await examine(`configured/${name}`, () => cluster.controlPlane.configures(revision, 'sleep'));
      }
    });
  },
});

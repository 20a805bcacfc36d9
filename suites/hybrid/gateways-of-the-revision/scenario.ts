import { core, fact, scenario } from '#harness';
import { clusters, forEachCluster } from '../clusters.ts';

export default scenario({
  claim: 'H1',
  title: 'Each network has an east-west gateway of the stated revision, on which all services are exposed',
  document: 'hybrid, install the east-west gateways and expose services',
  needs: ['cross-network-gateways', 'control-plane-pods', 'proxy-admin'],
  apps: { cluster1: ['helloworld'], cluster2: ['helloworld'], cluster3: ['helloworld'] },
  checks: () => ({
    ...forEachCluster('revision', (cluster) =>
      core(`The gateway of ${cluster} is of the revision of its control plane, and configured by it`, fact),
    ),
    ...forEachCluster('exposes', (cluster) =>
      core(`All *.local services are exposed on the gateway of ${cluster} by AUTO_PASSTHROUGH`, fact),
    ),
  }),

  async play({ step, examine, ...stage }) {
    await step('the gateway of each network', async () => {
      for (const cluster of clusters) {
        const revision = await stage[cluster].controlPlane.revision();
        await examine(`revision/${cluster}`, () => stage[cluster].gateway.isOfRevision(revision));
      }
    });

    await step('what is exposed on it', async () => {
      for (const cluster of clusters)
        await examine(`exposes/${cluster}`, () =>
          stage[cluster].gateway.exposesAllServices({ service: 'helloworld', port: 5000 }),
        );
    });
  },
});

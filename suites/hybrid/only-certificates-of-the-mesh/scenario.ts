import { core, fact, scenario } from '#harness';
import { clusters, forEachCluster } from '../clusters.ts';

/** From which cluster a gateway is knocked at, and from which else: the first that is on another network. */
const from = {
  cluster1: ['cluster2', 'cluster3'],
  cluster2: ['cluster3', 'cluster1'],
  cluster3: ['cluster1', 'cluster2'],
} as const;

const knocks = ['right-certificate', 'plaintext', 'no-certificate', 'self-signed', 'another-root'] as const;

export default scenario({
  claim: 'H5',
  title: 'Only holders of the certificates of the mesh get behind a gateway, though it is public',
  document: 'hybrid, expose services',
  needs: ['cross-network-gateways', 'endpoint-discovery'],
  apps: {
    cluster1: ['prober', 'echo', 'echo-service'],
    cluster2: ['prober', 'echo', 'echo-service'],
    cluster3: ['prober', 'echo', 'echo-service'],
  },
  checks: () => ({
    ...forEachCluster('right-certificate', (cluster) =>
      core(`With the certificate of the mesh, a service behind the gateway of ${cluster} answers`, fact),
    ),
    ...forEachCluster('plaintext', (cluster) =>
      core(`Plaintext gets no answer at the gateway of ${cluster}`, fact),
    ),
    ...forEachCluster('no-certificate', (cluster) =>
      core(`TLS without a certificate gets no answer at the gateway of ${cluster}`, fact),
    ),
    ...forEachCluster('self-signed', (cluster) =>
      core(`A self-signed certificate gets no answer at the gateway of ${cluster}`, fact),
    ),
    ...forEachCluster('another-root', (cluster) =>
      core(`A certificate of another root gets no answer at the gateway of ${cluster}`, fact),
    ),
  }),

  async play({ step, examine, skip, ...stage }) {
    for (const cluster of clusters) {
      const caller = from[cluster].find((other) => stage[other].mesh.network !== stage[cluster].mesh.network);
      if (caller === undefined) {
        const reason = `all clusters are on the network of ${cluster}: none gets in by its gateway`;
        await skip(reason, ...knocks.map((knock) => `${knock}/${cluster}` as const));
        continue;
      }
      await step(`a pod in ${caller} knocks at the gateway of ${cluster}`, async () => {
        const door = stage[caller].proberTowards('echo', { port: 8080, in: stage[cluster] });
        await examine(`right-certificate/${cluster}`, () => door.opensTo('the certificate of the mesh'));
        await examine(`plaintext/${cluster}`, () => door.staysShutTo('plaintext'));
        await examine(`no-certificate/${cluster}`, () => door.staysShutTo('TLS without a certificate'));
        await examine(`self-signed/${cluster}`, () => door.staysShutTo('a self-signed certificate'));
        await examine(`another-root/${cluster}`, () => door.staysShutTo('a certificate of another root'));
      });
    }
  },
});

import { core, exclusive, fact, scenario, type Target } from '#harness';

/**
 * The echo says which identities its proxy saw: `By=` its own, `URI=` the caller's. An answer is labelled by the caller's
 * account if both identities are as they should be, else by what was seen.
 */
const echo = (namespace: string): Target => {
  const trusted = `spiffe://[^/;]+/ns/${namespace}/sa`;
  return {
    url: 'http://echo:8080/',
    answeredBy: {
      version: `xfcc: (?:By=${trusted}/echo;.*URI=${trusted}/(?=sleep))?(\\S+)`,
      instance: 'instance: ([^,\\s]+)',
    },
  };
};

export default scenario({
  claim: 'M8',
  title: 'Calls across clusters are mutual TLS between the workloads; nothing else gets through',
  document: 'multi-primary, background: one root certificate, mutual trust and mTLS',
  needs: ['endpoint-discovery', 'proxy-admin'],
  apps: {
    cluster1: ['sleep', 'prober', 'echo-service'],
    cluster2: ['echo', 'echo-service'],
  },
  checks: () => ({
    identities: core(
      "echo in cluster2 sees mutual TLS: its own SPIFFE identity and sleep's of cluster1, on every call",
      exclusive('sleep'),
    ),
    'shared-root': core('Proxies of both clusters check each other against one root certificate', fact),
    'right-certificate': core("With the mesh's own certificate a call from cluster1 is answered", fact),
    plaintext: core('Plaintext gets no answer', fact),
    'no-certificate': core('TLS without a certificate gets no answer', fact),
    'foreign-root': core('A certificate of another root, with the same identity in it, gets no answer', fact),
  }),

  async play({ cluster1, cluster2, namespace, step, examine }) {
    await step('plaintext is refused in this namespace', async () => {
      await Promise.all([cluster1.apply('strict'), cluster2.apply('strict')]);
    });

    await step('sleep in cluster1 calls echo in cluster2', async () => {
      await cluster1.calls('sleep', echo(namespace)).measure('identities');
    });

    await step('the certificates that the proxies hold', async () => {
      await examine('shared-root', () => cluster1.proxy('sleep').sharesItsRootWith(cluster2.proxy('echo')));
    });

    await step('others knock where calls from cluster1 enter', async () => {
      const door = cluster1.proberTowards('echo', { port: 8080, in: cluster2 });
      await examine('right-certificate', () => door.opensTo('the certificate of the mesh'));
      await examine('plaintext', () => door.staysShutTo('plaintext'));
      await examine('no-certificate', () => door.staysShutTo('TLS without a certificate'));
      await examine('foreign-root', () => door.staysShutTo('a certificate of another root'));
    });
  },
});

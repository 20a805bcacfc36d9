import { core, extended, fact, scenario } from '#harness';
import { everywhere } from '../backend.ts';

export default scenario({
  claim: 'P2',
  title: 'Remote clusters join by a Secret of the control plane, which injects and configures their proxies',
  document: 'primary-remote, adding a cluster',
  needs: ['endpoint-discovery', 'control-plane-pods'],
  apps: everywhere,
  admission: { cluster2: 'injected/cluster2', cluster3: 'injected/cluster3' },
  checks: () => ({
    'watched/cluster2': core('The control plane of cluster1 has read cluster2 by its Secret', fact),
    'watched/cluster3': core('The control plane of cluster1 has read cluster3 by its Secret', fact),
    'no-control-plane/cluster2': core('No control plane runs in cluster2', fact),
    'no-control-plane/cluster3': core('No control plane runs in cluster3', fact),
    'injected/cluster2': core("Pods of cluster2 have proxies, injected by cluster1's control plane", fact),
    'injected/cluster3': core("Pods of cluster3 have proxies, injected by cluster1's control plane", fact),
    'configured/cluster2': core("Every proxy of cluster2 is connected to cluster1's control plane", fact),
    'configured/cluster3': core("Every proxy of cluster3 is connected to cluster1's control plane", fact),
    'trust/cluster2': core("Proxies of cluster2 hold identities under cluster1's root", fact),
    'trust/cluster3': core("Proxies of cluster3 hold identities under cluster1's root", fact),
    'no-more/cluster2': extended('The Secret lets its bearer write no more in cluster2 than it has to', fact),
    'no-more/cluster3': extended('The Secret lets its bearer write no more in cluster3 than it has to', fact),
  }),

  async play({ cluster1, cluster2, cluster3, step, examine }) {
    for (const remote of [cluster2, cluster3]) {
      const name = remote === cluster2 ? 'cluster2' : 'cluster3';
      await step(`how ${name} is joined to cluster1`, async () => {
        await examine(`watched/${name}`, () => cluster1.controlPlane.watches(remote));
        await examine(`no-control-plane/${name}`, () => remote.joining.hasNoControlPlane());
        await examine(`injected/${name}`, () => remote.joining.isInjectedFrom(cluster1));
        await examine(`configured/${name}`, () => remote.joining.isConfiguredBy(cluster1));
        await examine(`trust/${name}`, () =>
          cluster1.proxy('backend').sharesItsRootWith(remote.proxy('backend')),
        );
        await examine(`no-more/${name}`, () => remote.joining.grantsNoMore(cluster1));
      });
    }
  },
});

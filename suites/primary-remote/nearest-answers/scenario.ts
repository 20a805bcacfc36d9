import { core, distribution, exclusive, extended, scenario } from '#harness';
import { backend, byRegion, everywhere } from '../backend.ts';

export default scenario({
  claim: 'P4',
  title: 'Without access by locality all instances share the load; with it callers stay in their region',
  document: 'primary-remote, access by locality',
  needs: ['endpoint-discovery', 'locality'],
  apps: everywhere,
  checks: () => ({
    'off/cluster1': core(
      'Off: each instance answers a third of the calls from cluster1',
      distribution({ v1: 1, v2: 1, v3: 1 }),
    ),
    'off/cluster3': core(
      'Off: each instance answers a third of the calls from cluster3',
      distribution({ v1: 1, v2: 1, v3: 1 }),
    ),
    'on/cluster1': core('On: calls from cluster1 stay in region r1', exclusive('r1')),
    'on/cluster3': core('On: calls from cluster3 stay in region r2', exclusive('r2')),
    'on/cluster1-zone': extended('On: calls from cluster1 stay in their own zone', exclusive('v1')),
    'on/cluster2-zone': extended('On: calls from cluster2 stay in their own zone', exclusive('v2')),
  }),

  async play({ cluster1, cluster2, cluster3, step }) {
    const [from1, from2, from3] = [
      cluster1.calls('sleep', backend),
      cluster2.calls('sleep', backend),
      cluster3.calls('sleep', backend),
    ];

    await step('access by locality is off', async () => {
      await from1.measure('off/cluster1');
      await from3.measure('off/cluster3');
    });

    await step('it is switched on: callers notice failing instances, and prefer near ones', async () => {
      await cluster1.apply('prefer-near');
      await from1.settles('v1');
      await from1.measure('on/cluster1-zone');
      await cluster1.calls('sleep', byRegion).measure('on/cluster1');
      await from2.settles('v2');
      await from2.measure('on/cluster2-zone');
      await from3.settles('v3');
      await cluster3.calls('sleep', byRegion).measure('on/cluster3');
    });
  },
});

import { errorRate, extended, fact, reaches, scenario } from '#harness';
import { helloworld } from '../helloworld.ts';

/** A share of errors does not depend on the rate; more calls decide it sooner. */
const dense = { perSecond: 25 };

export default scenario({
  claim: 'M11',
  title:
    'Cluster1 moves to a second revision of its control plane: no call is lost, cluster2 notices nothing',
  document: 'multi-primary, background: control planes upgraded one after the other',
  needs: ['endpoint-discovery', 'control-plane-pods', 'disruption', 'revisions'],
  disruptive: true,
  apps: {
    cluster1: ['sleep', 'helloworld', 'graceful-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
  },
  checks: () => ({
    'calls/cluster1': extended(
      'While v1 moves, fewer than 1 in 100 calls in cluster1 is lost',
      errorRate({ below: 0.01 }),
    ),
    'calls/cluster2': extended(
      'While v1 moves, fewer than 1 in 100 calls in cluster2 is lost',
      errorRate({ below: 0.01 }),
    ),
    moved: extended('Afterwards the workloads of cluster1 are configured by the second revision', fact),
    'reaches/cluster1': extended(
      'Afterwards callers in cluster1 are answered by both versions',
      reaches(['v1', 'v2']),
    ),
    'unchanged/cluster2': extended(
      'The proxies of cluster2 are connected to its own control plane, as before',
      fact,
    ),
    'reaches/cluster2': extended(
      'Afterwards callers in cluster2 are answered by both versions',
      reaches(['v1', 'v2']),
    ),
  }),

  async play({ cluster1, cluster2, step, examine, keepCalling }) {
    const callsFrom1 = cluster1.calls('sleep', helloworld);
    const callsFrom2 = cluster2.calls('sleep', helloworld);
    await Promise.all([callsFrom1.gate(), callsFrom2.gate()]);

    await step('a second revision is installed beside the first in cluster1', async () => {
      await cluster1.controlPlane.installRevision('meshproof-next');
      await cluster1.injectBy('meshproof-next');
    });

    await step('v1 moves to it while both clusters call', async () => {
      const [from1, from2] = await Promise.all([
        keepCalling(callsFrom1, dense),
        keepCalling(callsFrom2, dense),
      ]);
      const moved = await cluster1.restart('helloworld-v1');
      await Promise.all([from1.keeps(moved, 'calls/cluster1'), from2.keeps(moved, 'calls/cluster2')]);
      await Promise.all([from1.stop(), from2.stop()]);
    });

    await step('the callers of cluster1 move too', async () => {
      await cluster1.restart('sleep');
      await examine('moved', () =>
        cluster1.controlPlane.configures('meshproof-next', 'sleep', 'helloworld-v1'),
      );
      await callsFrom1.measure('reaches/cluster1');
    });

    await step('cluster2 is as it was', async () => {
      await examine('unchanged/cluster2', () => cluster2.controlPlane.servesExactlyItsOwnProxies());
      await callsFrom2.measure('reaches/cluster2');
    });
  },
});

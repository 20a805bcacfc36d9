import { core, errorRate, exclusive, reaches, scenario, fact } from '#harness';
import { helloworld } from '../helloworld.ts';

/** A share of errors does not depend on the rate; more calls decide it sooner. */
const dense = { perSecond: 50 };

/** A control plane that comes up takes over within so long before it is seen to be back: these calls are judged with those after. */
const TAKEOVER_MS = 5_000;
const BACK_WITHIN_MS = 120_000;

const backSince = (sinceMs: number) => ({
  what: 'control plane 2 is back',
  sentMs: sinceMs,
  acknowledgedMs: sinceMs,
});

export default scenario({
  claim: 'M9',
  title:
    'With the control plane of cluster1 down, cluster2 still configures and starts proxies, and calls go on',
  document: 'multi-primary, background: stability',
  needs: ['endpoint-discovery', 'control-plane-pods', 'disruption'],
  disruptive: true,
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
  },
  checks: () => ({
    'down/calls/cluster1': core('Control plane 1 down: calls in cluster1 go on', errorRate({ below: 0.01 })),
    'down/calls/cluster2': core('Control plane 1 down: calls in cluster2 go on', errorRate({ below: 0.01 })),
    'down/configures': core(
      'Control plane 1 down: a new rule in cluster2 takes effect there',
      exclusive('v2'),
    ),
    'down/starts': core(
      'Control plane 1 down: a new caller in cluster2 gets its proxy, and answers from both versions',
      reaches(['v1', 'v2']),
    ),
    'unreachable/calls/cluster2': core(
      "Cluster1's API server out of reach and control plane 2 restarted: calls in cluster2 go on",
      errorRate({ below: 0.01 }),
    ),
    'unreachable/ready': core('… control plane 2 comes up again all the same', fact),
    'unreachable/calls/back': core(
      '… and when it has taken over all proxies of cluster2, calls there still go on',
      errorRate({ below: 0.01 }),
    ),
    'unreachable/starts': core(
      '… and a new caller in cluster2 gets its proxy and answers',
      errorRate({ below: 0.01 }),
    ),
  }),

  async play({ cluster1, cluster2, mesh, step, examine, keepCalling, skip }) {
    const callsFrom1 = cluster1.calls('sleep', helloworld);
    const callsFrom2 = cluster2.calls('sleep', helloworld);
    await cluster2.apply('subsets');
    await cluster1.apply('subsets');
    await Promise.all([callsFrom1.gate(), callsFrom2.gate()]);

    await step('the control plane of cluster1 is scaled to zero', async () => {
      const [from1, from2] = await Promise.all([
        keepCalling(callsFrom1, dense),
        keepCalling(callsFrom2, dense),
      ]);
      const down = await cluster1.controlPlane.takeDown();
      await Promise.all([from1.keeps(down, 'down/calls/cluster1'), from2.keeps(down, 'down/calls/cluster2')]);
      await Promise.all([from1.stop(), from2.stop()]);
    });

    await step('cluster2 starts a proxy and configures it', async () => {
      const { isReady } = await cluster2.restart('sleep', { judgedBy: 'down/starts' });
      await callsFrom2.settles('v1', 'v2');
      if (isReady) await callsFrom2.measure('down/starts');
      await cluster2.apply('all-to-v2');
      await callsFrom2.settles('v2');
      await callsFrom2.measure('down/configures');
    });

    await step('the control plane of cluster1 comes back', async () => {
      await cluster1.controlPlane.bringBack();
    });

    if (!mesh.features.includes('freezing')) {
      const reason = 'the API server of these clusters cannot be stopped and started by the harness';
      const after = ['unreachable/ready', 'unreachable/calls/back', 'unreachable/starts'] as const;
      await skip(reason, 'unreachable/calls/cluster2', ...after);
      return;
    }

    await step(
      "cluster1's API server is out of reach and the control plane of cluster2 is restarted",
      async () => {
        await cluster2.remove('all-to-v2');
        await callsFrom2.settles('v1', 'v2');
        const from2 = await keepCalling(callsFrom2, dense);
        const { event, thaw } = await cluster1.freeze('api-server');
        const restart = await cluster2.controlPlane.restart();
        const verdict = await examine('unreachable/ready', () => cluster2.controlPlane.isBackAfter(restart), {
          withinMs: BACK_WITHIN_MS,
        });
        // All calls until then: what is judged sooner leaves out what is lost while control plane 2 comes up.
        const atMs = Date.now();
        await from2.keeps({ ...event, acknowledgedMs: atMs }, 'unreachable/calls/cluster2');
        // istiod gives a cluster that does not answer 30 s (PILOT_REMOTE_CLUSTER_TIMEOUT); until then the one of before
        // serves. 80 s are the most that the kubelet of cluster1 gives its API server before it restarts it.
        if (verdict === 'conformant')
          await from2.keeps(backSince(atMs - TAKEOVER_MS), 'unreachable/calls/back');
        else await skip('control plane 2 was not seen to come up again', 'unreachable/calls/back');
        await from2.stop();
        const { isReady } = await cluster2.restart('sleep', { judgedBy: 'unreachable/starts' });
        if (isReady) await callsFrom2.withoutGate().measure('unreachable/starts');
        await thaw();
      },
    );
  },
});

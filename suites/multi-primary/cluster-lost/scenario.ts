import {
  answersAgain,
  core,
  exclusive,
  extended,
  fact,
  scenario,
  takesOver,
  type ScenarioCluster,
} from '#harness';
import { helloworld } from '../helloworld.ts';

const NO_FREEZING = 'nodes of these clusters cannot be stopped and started by the harness';
const FLAT = 'on a flat network no gateway is in the way';
const NO_DEPLOYMENT =
  "the pods of cluster2's gateway are not those of one Deployment: the harness cannot scale them to zero";
const NOT_BOUNDED = 'reported, not bounded, for callers were not told to notice: ';

/** A gateway is ready, and its load balancer knows it again, which may take minutes that are not the mesh's. */
async function isBack(
  gateway: Parameters<ScenarioCluster['meshIsReady']>[0],
  of: ScenarioCluster,
  caller: ScenarioCluster,
): Promise<void> {
  await of.meshIsReady(gateway);
  await of.gateway.isEnteredFrom(caller);
}

export default scenario({
  claim: 'M5',
  title: 'When all of cluster2 is lost, callers in cluster1 go on with what runs there',
  document: 'multi-primary, title and background: disaster tolerance',
  needs: ['endpoint-discovery', 'disruption'],
  disruptive: true,
  apps: {
    cluster1: ['sleep', 'prober', 'helloworld', 'helloworld-v1'],
    cluster2: ['helloworld', 'helloworld-v2'],
  },
  checks: ({ bounds }) => {
    const v1Alone = takesOver({ from: 'v2', to: 'v1' }, bounds.outage);
    const bothAgain = answersAgain(['v1', 'v2'], bounds.returnWithinMs);
    return {
      'scaled-away': core('helloworld and the gateway of cluster2 scaled to zero: v1 takes over', v1Alone),
      'scaled-away/steady': core(
        'While cluster2 is away, v1 answers every call and none is lost',
        exclusive('v1'),
      ),
      'scaled-away/back': core('cluster2 is back: both versions answer', bothAgain),
      frozen: core('The node of cluster2 frozen: v1 takes over', v1Alone),
      'frozen/back': core('The node of cluster2 thawed: both versions answer', bothAgain),
      unnoticed: extended(
        'cluster2 cut off, and callers do not look out for failing endpoints: what it costs',
        fact,
      ),
      'gateway-only': extended('The gateway of cluster2 alone scaled to zero: v1 takes over', v1Alone),
    };
  },

  async play({ cluster1, cluster2, mesh, variant, step, keepCalling, skip }) {
    const calls = cluster1.calls('sleep', helloworld);
    const gateway = variant === 'gateways' ? cluster2.gateway.deployment : null;
    const cannotScale = variant === 'gateways' && gateway === null;

    await calls.gate();
    const from1 = await keepCalling(calls);
    await from1.hears('v1', 'v2');

    if (gateway !== null) {
      await step('the gateway of cluster2 is scaled to zero, and nobody looks out for that', async () => {
        const gone = await cluster2.scaleMesh(gateway, 0);
        await skip(NOT_BOUNDED + (await from1.tell(gone, { forMs: 10_000 })), 'unnoticed');
        await from1.sees(await cluster2.scaleMeshBack(gateway), ['v1', 'v2']);
      });
    } else if (mesh.features.includes('freezing')) {
      await step('the node of cluster2 is frozen, and nobody looks out for that', async () => {
        const { event, thaw } = await cluster2.freeze('node');
        await skip(NOT_BOUNDED + (await from1.tell(event, { forMs: 10_000 })), 'unnoticed');
        await from1.sees(await thaw(), ['v1', 'v2']);
      });
    } else await skip(cannotScale ? NO_DEPLOYMENT : NO_FREEZING, 'unnoticed');

    await step('callers are told to notice failing endpoints', async () => {
      if (gateway !== null) await cluster2.gateway.isEnteredFrom(cluster1);
      await cluster1.apply('outlier-detection');
      await calls.gate();
    });

    if (cannotScale) await skip(NO_DEPLOYMENT, 'scaled-away', 'scaled-away/steady', 'scaled-away/back');
    else {
      await step('helloworld-v2 and the gateway of cluster2 are scaled to zero', async () => {
        const gone = await cluster2.scale('helloworld-v2', 0);
        if (gateway !== null) await cluster2.scaleMesh(gateway, 0);
        await from1.takesOver(gone, 'scaled-away');
        await calls.measure('scaled-away/steady');
      });

      await step('cluster2 comes back', async () => {
        if (gateway !== null) {
          await cluster2.scaleMeshBack(gateway);
          await isBack(gateway, cluster2, cluster1);
        }
        const back = await cluster2.bringBack('helloworld-v2');
        await from1.answersAgain(back, 'scaled-away/back');
        await calls.gate();
      });
    }

    if (gateway === null) await skip(cannotScale ? NO_DEPLOYMENT : FLAT, 'gateway-only');
    else {
      await step('the gateway of cluster2 alone is scaled to zero', async () => {
        await from1.takesOver(await cluster2.scaleMesh(gateway, 0), 'gateway-only');
        await from1.sees(await cluster2.scaleMeshBack(gateway), ['v1', 'v2']);
      });
    }

    if (!mesh.features.includes('freezing')) await skip(NO_FREEZING, 'frozen', 'frozen/back');
    else {
      await step('the node of cluster2 is frozen', async () => {
        const { event, thaw } = await cluster2.freeze('node');
        await from1.takesOver(event, 'frozen');
        await from1.answersAgain(await thaw(), 'frozen/back');
      });
    }
    await from1.stop();
  },
});

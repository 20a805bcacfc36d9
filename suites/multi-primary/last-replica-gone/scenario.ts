import {
  answersAgain,
  core,
  distribution,
  exclusive,
  extended,
  reaches,
  scenario,
  takesOver,
} from '#harness';
import { helloworld } from '../helloworld.ts';

export default scenario({
  claim: 'M4',
  title: 'When a version has no replica left, the other cluster answers; when it is back, both do',
  document: 'multi-primary, title and background: disaster tolerance',
  needs: ['endpoint-discovery'],
  apps: {
    cluster1: ['sleep', 'helloworld', 'helloworld-v1'],
    cluster2: ['sleep', 'helloworld', 'helloworld-v2'],
  },
  checks: ({ bounds }) => {
    const v2Alone = takesOver({ from: 'v1', to: 'v2' }, bounds.scaledToZero);
    const v1Alone = takesOver({ from: 'v2', to: 'v1' }, bounds.scaledToZero);
    const bothAgain = answersAgain(['v1', 'v2'], bounds.returnWithinMs);
    return {
      'v1-gone/cluster1': core('v1 scaled to zero: v2 takes over for callers in cluster1', v2Alone),
      'v1-gone/cluster2': core('v1 scaled to zero: v2 takes over for callers in cluster2', v2Alone),
      'v1-gone/steady': core('While v1 is gone, v2 answers every call and none is lost', exclusive('v2')),
      'v1-back/cluster1': core('v1 is back: callers in cluster1 are answered by both', bothAgain),
      'v1-back/cluster2': core('v1 is back: callers in cluster2 are answered by both', bothAgain),
      'v1-back/reaches': core('Afterwards a loop is answered by both versions', reaches(['v1', 'v2'])),
      'v1-back/halves': extended(
        'Afterwards each version answers half of the calls',
        distribution({ v1: 1, v2: 1 }),
      ),
      'v2-gone/cluster1': core('v2 scaled to zero: v1 takes over for callers in cluster1', v1Alone),
      'v2-gone/cluster2': core('v2 scaled to zero: v1 takes over for callers in cluster2', v1Alone),
      'v2-gone/steady': core('While v2 is gone, v1 answers every call and none is lost', exclusive('v1')),
      'v2-back/cluster1': core('v2 is back: callers in cluster1 are answered by both', bothAgain),
      'v2-back/cluster2': core('v2 is back: callers in cluster2 are answered by both', bothAgain),
      'v2-back/reaches': core('Afterwards a loop is answered by both versions', reaches(['v1', 'v2'])),
      'v2-back/halves': extended(
        'Afterwards each version answers half of the calls',
        distribution({ v1: 1, v2: 1 }),
      ),
    };
  },

  async play({ cluster1, cluster2, step, keepCalling }) {
    const callsFrom1 = cluster1.calls('sleep', helloworld);
    const callsFrom2 = cluster2.calls('sleep', helloworld);
    await callsFrom1.gate();
    await callsFrom2.gate();
    const [from1, from2] = await Promise.all([keepCalling(callsFrom1), keepCalling(callsFrom2)]);
    await Promise.all([from1.hears('v1', 'v2'), from2.hears('v1', 'v2')]);

    const lose = async (version: 'v1' | 'v2'): Promise<void> => {
      const home = version === 'v1' ? cluster1 : cluster2;
      const elsewhere = version === 'v1' ? callsFrom1 : callsFrom2;

      await step(`helloworld-${version} is scaled to zero while both clusters call it`, async () => {
        const gone = await home.scale(`helloworld-${version}`, 0);
        await Promise.all([
          from1.takesOver(gone, `${version}-gone/cluster1`),
          from2.takesOver(gone, `${version}-gone/cluster2`),
        ]);
      });

      await step(`callers beside ${version} go on without it`, async () => {
        await elsewhere.measure(`${version}-gone/steady`);
      });

      await step(`helloworld-${version} is scaled to one again`, async () => {
        const back = await home.bringBack(`helloworld-${version}`);
        await Promise.all([
          from1.answersAgain(back, `${version}-back/cluster1`),
          from2.answersAgain(back, `${version}-back/cluster2`),
        ]);
        await elsewhere.measure(`${version}-back/reaches`, `${version}-back/halves`);
      });
    };

    await lose('v1');
    await lose('v2');
    await Promise.all([from1.stop(), from2.stop()]);
  },
});

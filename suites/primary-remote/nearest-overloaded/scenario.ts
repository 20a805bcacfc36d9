import { answersAgain, core, errorRate, scenario, takesOver } from '#harness';
import { backend, everywhere } from '../backend.ts';

/**
 * Each time that it is found overloaded again it is left alone for 5 s longer (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier#ejection-algorithm):
 * over the 80 s that the errors are counted for this comes to half a minute.
 */
const LEFT_ALONE_MS = 45_000;

export default scenario({
  claim: 'P5',
  title: 'What the nearest instance cannot take, the next nearest answers',
  document: 'primary-remote, access by locality: overload',
  needs: ['endpoint-discovery', 'locality'],
  apps: everywhere,
  checks: ({ bounds }) => ({
    'overloaded/moves': core(
      'v1 answers 503 above one request in flight: v2 answers what v1 cannot take',
      answersAgain(['v2'], bounds.outage.withinMs),
    ),
    overloaded: core('Meanwhile callers notice less than 1 % of it', errorRate({ below: 0.01 })),
    // While it is overloaded v1 answers some calls, too: one answer does not show that it is back, but that no other
    // version answers does. What may be lost is the bound of an outage, which its end is a part of.
    'overloaded/back': core(
      'v1 takes everything again',
      takesOver({ from: 'v2', to: 'v1' }, { maxErrors: bounds.outage.maxErrors, withinMs: LEFT_ALONE_MS }),
    ),
  }),

  async play({ cluster1, step, keepCalling }) {
    const calls = cluster1.calls('sleep', backend);

    await step('access by locality is on, and calls answered 503 are tried again', async () => {
      await cluster1.apply('prefer-near');
      await cluster1.apply('try-again');
      await calls.settles('v1');
    });

    await step('v1 is called ten times a second, and can take three', async () => {
      const loop = await keepCalling(calls, { perSecond: 10 });
      const overloaded = await cluster1.behaves('backend-v1', 'overloaded 1');
      await loop.answersAgain(overloaded, 'overloaded/moves');
      await loop.keeps(overloaded, 'overloaded');
      await loop.takesOver(await cluster1.behaves('backend-v1', 'well'), 'overloaded/back');
      await loop.stop();
    });
  },
});

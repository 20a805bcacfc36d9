import { answersAgain, core, extended, fact, scenario, takesOver } from '#harness';
import { backend, everywhere, LEFT_ALONE_MS } from '../backend.ts';

export default scenario({
  claim: 'P5',
  title: 'A nearest instance that hangs is left where calls are given up after a time',
  document: 'primary-remote, access by locality: failover',
  needs: ['endpoint-discovery', 'locality'],
  apps: everywhere,
  checks: ({ bounds }) => ({
    'hangs/no-timeout': extended('v1 hangs and calls have no time limit: what callers then see', fact),
    hangs: core(
      'v1 hangs and calls are given up after 1 s: v2 takes over',
      takesOver({ from: 'v1', to: 'v2' }, bounds.outage),
    ),
    'hangs/back': core(
      'v1 is well: it answers again',
      answersAgain(['v1'], bounds.returnWithinMs + LEFT_ALONE_MS),
    ),
  }),

  async play({ cluster1, step, keepCalling, skip }) {
    const calls = cluster1.calls('sleep', backend);

    await step('access by locality is on; calls have no time limit', async () => {
      await cluster1.apply('prefer-near');
      await calls.settles('v1');
      const loop = await keepCalling(calls);
      const told = await loop.tell(await cluster1.behaves('backend-v1', 'hanging'), { forMs: 12_000 });
      await skip(
        `reported, not bounded, for the mesh cannot know how long is too long: ${told}`,
        'hangs/no-timeout',
      );
      await loop.stop();
      await cluster1.behaves('backend-v1', 'well');
    });

    await step('calls are given up after 1 s and tried again elsewhere', async () => {
      await cluster1.apply('give-up-after-1s');
      await calls.settles('v1');
      const loop = await keepCalling(calls);
      await loop.takesOver(await cluster1.behaves('backend-v1', 'hanging'), 'hangs');
      await loop.answersAgain(await cluster1.behaves('backend-v1', 'well'), 'hangs/back');
      await loop.stop();
    });
  },
});

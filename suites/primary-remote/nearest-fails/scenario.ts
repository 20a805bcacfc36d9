import { answersAgain, core, scenario, takesOver } from '#harness';
import { backend, everywhere, LEFT_ALONE_MS } from '../backend.ts';

export default scenario({
  claim: 'P5',
  title: 'When the nearest instance fails, the next nearest answers; when it is well again, it answers again',
  document: 'primary-remote, access by locality: failover',
  needs: ['endpoint-discovery', 'locality', 'disruption'],
  disruptive: true,
  apps: everywhere,
  checks: ({ bounds }) => ({
    'scaled-away': core(
      'v1 scaled to zero: v2, the next nearest, takes over',
      takesOver({ from: 'v1', to: 'v2' }, bounds.scaledToZero),
    ),
    'scaled-away/next': core(
      'v2 scaled to zero too: v3 takes over',
      takesOver({ from: 'v2', to: 'v3' }, bounds.scaledToZero),
    ),
    'scaled-away/next-back': core(
      'v2 is back: it answers again',
      answersAgain(['v2'], bounds.returnWithinMs),
    ),
    frozen: core('The node of v2 frozen: v3 takes over', takesOver({ from: 'v2', to: 'v3' }, bounds.outage)),
    'frozen/back': core(
      'The node of v2 thawed: it answers again',
      answersAgain(['v2'], bounds.returnWithinMs + LEFT_ALONE_MS),
    ),
    'scaled-away/back': core('v1 is back: it answers again', answersAgain(['v1'], bounds.returnWithinMs)),
    unready: core('v1 is not ready: v2 takes over', takesOver({ from: 'v1', to: 'v2' }, bounds.outage)),
    'unready/back': core('v1 is ready: it answers again', answersAgain(['v1'], bounds.returnWithinMs)),
    unavailable: core('v1 answers 503: v2 takes over', takesOver({ from: 'v1', to: 'v2' }, bounds.outage)),
    'unavailable/back': core(
      'v1 answers 200: it answers again',
      answersAgain(['v1'], bounds.returnWithinMs + LEFT_ALONE_MS),
    ),
  }),

  async play({ cluster1, cluster2, mesh, step, keepCalling, skip }) {
    const calls = cluster1.calls('sleep', backend);

    await step('access by locality is on, and calls answered 503 are tried again', async () => {
      await cluster1.apply('prefer-near');
      await cluster1.apply('try-again');
      await calls.settles('v1');
    });
    const loop = await keepCalling(calls);

    await step('v1 is scaled to zero, then v2 too', async () => {
      await loop.takesOver(await cluster1.scale('backend-v1', 0), 'scaled-away');
      await loop.takesOver(await cluster2.scale('backend-v2', 0), 'scaled-away/next');
      await loop.answersAgain(await cluster2.bringBack('backend-v2'), 'scaled-away/next-back');
    });

    if (!mesh.features.includes('freezing')) {
      await skip(
        'nodes of these clusters cannot be stopped and started by the harness',
        'frozen',
        'frozen/back',
      );
    } else {
      await step('the node of v2, now the nearest, is frozen', async () => {
        const { event, thaw } = await cluster2.freeze('node');
        await loop.takesOver(event, 'frozen');
        await loop.answersAgain(await thaw(), 'frozen/back');
      });
    }

    await step('v1 comes back', async () => {
      await loop.answersAgain(await cluster1.bringBack('backend-v1'), 'scaled-away/back');
      await calls.settles('v1');
    });

    await step('v1 says that it is not ready', async () => {
      await loop.takesOver(await cluster1.behaves('backend-v1', 'unready'), 'unready');
      await loop.answersAgain(await cluster1.behaves('backend-v1', 'well'), 'unready/back');
      await calls.settles('v1');
    });

    await step('v1 answers 503', async () => {
      await loop.takesOver(await cluster1.behaves('backend-v1', 'unavailable'), 'unavailable');
      await loop.answersAgain(await cluster1.behaves('backend-v1', 'well'), 'unavailable/back');
    });
    await loop.stop();
  },
});

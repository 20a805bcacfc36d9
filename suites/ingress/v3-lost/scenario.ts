import { answersAgain, exclusive, extended, reaches, scenario, takesOver } from '#harness';
import { byCluster, documented, everything, page, reviews, withoutReviews } from '../bookinfo.ts';

export default scenario({
  claim: 'I5',
  title: 'When v3 is lost with its cluster, pages stay up with v1 and v2',
  document: 'ingress, introduction: availability',
  needs: ['endpoint-discovery', 'ingress', 'disruption'],
  disruptive: true,
  apps: everything,
  checks: ({ bounds, variant }) => {
    const promise = documented(variant);
    const cluster2Alone = takesOver({ from: 'cluster1', to: 'cluster2' }, bounds.outage);
    const bothAgain = answersAgain(['cluster1', 'cluster2'], bounds.returnWithinMs);
    return {
      'scaled-away': promise(
        'v3 scaled to zero: v1 and v2 serve every page',
        takesOver({ from: 'cluster1', to: 'cluster2' }, bounds.scaledToZero),
      ),
      'scaled-away/reaches': promise('While v3 is away, v1 and v2 both serve', reaches(['v1', 'v2'])),
      'scaled-away/back': promise('v3 is back: it serves again', bothAgain),
      frozen: promise('The node of v3 frozen: v1 and v2 serve every page', cluster2Alone),
      'frozen/back': promise('The node of v3 thawed: it serves again', bothAgain),
      'always-v3/gone': extended(
        'Everything routed to v3 and v3 away: pages stay up and say that there are no reviews',
        exclusive('no reviews'),
      ),
      'always-v3/back': extended('v3 is back: pages show its reviews, always', exclusive('v3')),
    };
  },

  async play({ cluster1, cluster2, mesh, variant, step, keepCalling, skip }) {
    const visitors = await cluster2.visitors('ingress-gateway');
    const behind = cluster2.calls('productpage', reviews);
    const visits = visitors.visit(page, behind);

    await step('callers are told to notice failing endpoints', async () => {
      await cluster2.apply('outlier-detection');
      await behind.gate();
    });
    const loads = await keepCalling(visitors.visit(byCluster, behind));
    await loads.hears('cluster1', 'cluster2');

    await step('v3 is scaled to zero while visitors load the page', async () => {
      await loads.takesOver(await cluster1.scale('reviews-v3', 0), 'scaled-away');
      await visits.measure('scaled-away/reaches');
      await loads.answersAgain(await cluster1.bringBack('reviews-v3'), 'scaled-away/back');
    });

    if (!mesh.features.includes('freezing')) {
      await skip(
        'nodes of these clusters cannot be stopped and started by the harness',
        'frozen',
        'frozen/back',
      );
    } else {
      await step('the node of v3 is frozen', async () => {
        const { event, thaw } = await cluster1.freeze('node');
        await loads.takesOver(event, 'frozen');
        await loads.answersAgain(await thaw(), 'frozen/back');
      });
    }
    await loads.stop();

    await step('everything is routed to v3, and v3 is scaled to zero', async () => {
      await cluster2.apply('subsets');
      if (variant === 'multi-primary') await cluster1.apply('subsets');
      await cluster2.apply('all-to-v3');
      await visits.settles('v3');
      await cluster1.scale('reviews-v3', 0);
      await cluster1.isGone('reviews');
      const left = visitors.visit(withoutReviews, behind);
      await left.settles('no reviews');
      await left.measure('always-v3/gone');
    });

    await step('v3 comes back', async () => {
      await cluster1.bringBack('reviews-v3');
      await visits.settles('v3');
      await visits.measure('always-v3/back');
    });
  },
});

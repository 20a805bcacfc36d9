import { fact, scenario } from '#harness';
import { documented } from '../bookinfo.ts';

export default scenario({
  claim: 'I1',
  title: 'Before anything is deployed, pods of the two clusters reach each other',
  document: 'ingress, step 1',
  needs: ['flat-network'],
  precondition: true,
  apps: { cluster1: ['prober'], cluster2: ['prober'] },
  checks: ({ variant }) => {
    const promise = documented(variant);
    return {
      'cluster1-to-cluster2': promise('A pod in cluster1 reaches a pod in cluster2 at its own address', fact),
      'cluster2-to-cluster1': promise('A pod in cluster2 reaches a pod in cluster1 at its own address', fact),
    };
  },

  async play({ cluster1, cluster2, step, examine }) {
    await step('a prober in each cluster calls the other', async () => {
      await examine('cluster1-to-cluster2', () => cluster1.reachesPodIn(cluster2, 'prober'));
      await examine('cluster2-to-cluster1', () => cluster2.reachesPodIn(cluster1, 'prober'));
    });
  },
});

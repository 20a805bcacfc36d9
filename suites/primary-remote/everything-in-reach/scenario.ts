import { core, extended, fact, scenario } from '#harness';

export default scenario({
  claim: 'P1',
  title: 'The clusters are fit to become one mesh: ranges, versions, names, ways and credentials',
  document: 'primary-remote, prerequisites',
  needs: ['control-plane-pods'],
  precondition: true,
  apps: { cluster1: ['prober'], cluster2: ['prober'], cluster3: ['prober'] },
  checks: ({ bounds }) => ({
    ranges: core(
      "Pods, Services and nodes of all clusters have addresses in ranges that don't overlap",
      fact,
    ),
    versions: core('All clusters run a version of Kubernetes that the mesh supports', fact),
    names: core('The names of the clusters are unique in the mesh', fact),
    workers: extended(
      `Each cluster has at least ${String(bounds.workers)} worker nodes; fewer are told, and not judged`,
      fact,
    ),
    'api-server/cluster2': core('A pod beside the control plane reaches the API server of cluster2', fact),
    'api-server/cluster3': core('A pod beside the control plane reaches the API server of cluster3', fact),
    'credentials/cluster2': core(
      'The credentials for cluster2 have the rights that a control plane outside it needs',
      fact,
    ),
    'credentials/cluster3': core(
      'The credentials for cluster3 have the rights that a control plane outside it needs',
      fact,
    ),
    'ways/cluster1-and-cluster2': core(
      'Pods of cluster1 and cluster2 get to each other, or to the gateway',
      fact,
    ),
    'ways/cluster1-and-cluster3': core(
      'Pods of cluster1 and cluster3 get to each other, or to the gateway',
      fact,
    ),
    'ways/cluster2-and-cluster3': core(
      'Pods of cluster2 and cluster3 get to each other, or to the gateway',
      fact,
    ),
  }),

  async play({ cluster1, cluster2, cluster3, bounds, step, examine, skip }) {
    const all = [cluster1, cluster2, cluster3] as const;

    await step('what the clusters are', async () => {
      await examine('ranges', () => cluster1.fitness.rangesAreDisjoint(...all));
      await examine('versions', () => cluster1.fitness.versionsAreSupported(...all));
      await examine('names', () => cluster1.fitness.namesAreUnique(...all));
      const { least, told } = await cluster1.fitness.workers(...all);
      const bar = `the bar is ${String(bounds.workers)} (the document's: 3)`;
      if (least < bounds.workers) await skip(`a warning, no verdict: ${told}; ${bar}`, 'workers');
      else await examine('workers', () => Promise.resolve({ holds: true, seen: told }));
    });

    await step('the way of the control plane to the remote clusters', async () => {
      await examine('api-server/cluster2', () => cluster1.reachesApiServerOf(cluster2));
      await examine('api-server/cluster3', () => cluster1.reachesApiServerOf(cluster3));
      await examine('credentials/cluster2', () => cluster2.joining.grantsWhatIsNeeded(cluster1));
      await examine('credentials/cluster3', () => cluster3.joining.grantsWhatIsNeeded(cluster1));
    });

    await step('the ways between pods', async () => {
      await examine('ways/cluster1-and-cluster2', () => cluster1.fitness.isConnectedWith(cluster2));
      await examine('ways/cluster1-and-cluster3', () => cluster1.fitness.isConnectedWith(cluster3));
      await examine('ways/cluster2-and-cluster3', () => cluster2.fitness.isConnectedWith(cluster3));
    });
  },
});

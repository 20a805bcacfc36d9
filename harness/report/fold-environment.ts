import type { LoggedEvent } from './events.ts';
import type { ClusterFacts, Environment } from './types.ts';

const UNKNOWN: Environment = { provider: 'unknown', mesh: null, clusters: [], capabilities: [], notes: [] };

/** What is known of the environment in the end: later facts replace earlier ones, lists are united. */
export function foldEnvironment(events: readonly LoggedEvent[]): Environment {
  return events.reduce((known, event) => {
    if (event.type !== 'run-started' && event.type !== 'environment') return known;
    return event.environment === undefined ? known : merge(known, event.environment);
  }, UNKNOWN);
}

function merge(known: Environment, found: Partial<Environment>): Environment {
  return {
    provider: found.provider ?? known.provider,
    mesh: found.mesh ?? known.mesh,
    clusters: mergeClusters(known.clusters, found.clusters ?? []),
    capabilities: [...new Set([...known.capabilities, ...(found.capabilities ?? [])])],
    notes: [...new Set([...known.notes, ...(found.notes ?? [])])],
  };
}

function mergeClusters(
  known: readonly ClusterFacts[],
  found: readonly ClusterFacts[],
): readonly ClusterFacts[] {
  const byName = new Map(known.map((cluster) => [cluster.name, cluster]));
  for (const cluster of found) {
    const before = byName.get(cluster.name);
    byName.set(cluster.name, {
      name: cluster.name,
      kubernetesVersion: cluster.kubernetesVersion ?? before?.kubernetesVersion ?? null,
      nodeImage: cluster.nodeImage ?? before?.nodeImage ?? null,
      network: cluster.network ?? before?.network ?? null,
      platform: cluster.platform ?? before?.platform ?? null,
    });
  }
  return [...byName.values()];
}

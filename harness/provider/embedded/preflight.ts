import type { ClusterTopology } from '../../topology/topology.ts';
import { about } from '../preflight/findings.ts';
import type { Finding } from '../types.ts';

/** What the embedded mesh cannot be on this machine, or not at all. */
export function embeddedPreflight({
  clusters,
}: {
  readonly clusters: readonly ClusterTopology[];
}): Promise<Finding[]> {
  const remotes = clusters.filter(({ role }) => role === 'remote');
  const revisions = clusters.filter(({ revision }) => revision !== undefined);
  return Promise.resolve([
    ...(process.platform === 'linux' ? [] : [noAddresses()]),
    ...remotes.map(({ name }) =>
      about(name).error(
        'the embedded mesh has a control plane in each cluster; this one is configured by another cluster',
        'run this suite on kind: --provider kind',
      ),
    ),
    ...revisions.map(({ name, revision = '' }) =>
      about(name).error(
        `the embedded mesh has the default revision only, not ${revision}`,
        'run this suite on kind: --provider kind',
      ),
    ),
  ]);
}

const noAddresses = (): Finding =>
  about('embedded').error(
    `every pod has an address in 127.0.0.0/8 of its own, which ${process.platform} does not give`,
    'run it on Linux, or on kind: --provider kind',
  );

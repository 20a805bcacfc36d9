import { connect } from '../cluster/cluster.ts';
import { readMesh } from '../mesh/istio/facts.ts';
import { meshPreflight, variantOfClusters } from '../mesh/preflight.ts';
import type { RunOptions } from '../options/types.ts';
import type { Finding } from '../provider/types.ts';
import type { Bench } from './bench.ts';
import { userPath } from './setup.ts';

/**
 * What is odd about a mesh that the harness did not install: roots of trust, networks, remote secrets, gateways.
 * Nearly all of it are warnings, because judging a mesh that is broken is what the scenarios are for.
 */
export async function existingMeshFindings(
  benches: readonly Pick<Bench, 'variant' | 'clusters'>[],
  options: RunOptions,
): Promise<Finding[]> {
  const clients = await Promise.all(
    options.cluster.map(({ name, file, context }) => connect({ name, kubeconfig: userPath(file), context })),
  );
  try {
    const meshes = await Promise.all(
      clients.map((client) => readMesh({ client, injection: options.injectionLabel })),
    );
    const there = variantOfClusters(meshes);
    const fitting = benches.filter(({ variant }) => variant === there);
    const clusters = (fitting.length > 0 ? fitting : benches.slice(0, 1)).flatMap((bench) => bench.clusters);
    const members = clients.flatMap((client, index) => {
      const mesh = meshes[index];
      const expected = clusters.find(({ name }) => name === client.name);
      return mesh === undefined || expected === undefined
        ? []
        : [
            {
              name: client.name,
              client,
              mesh,
              expectedNetwork: expected.network,
              namespaceLabels: options.namespaceLabel,
            },
          ];
    });
    return await meshPreflight(members);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

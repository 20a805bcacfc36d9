import type { Cluster } from '../../cluster/cluster.ts';
import { ApiError } from '../../cluster/errors.ts';
import { about } from '../preflight/findings.ts';
import type { Finding } from '../types.ts';
import { runNamespaces, type RunNamespace } from './namespaces.ts';

/**
 * Is another run under way there? The lock of this machine knows nothing of runs on others, which would scale the same
 * istiod. Whether one is over cannot be told from its namespaces: a warning, with when it began.
 */
export async function checkOtherRuns(cluster: Cluster): Promise<Finding[]> {
  const found = await runNamespaces(cluster).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403) return []; // said by the check of rights
    throw error;
  });
  const runs = [...new Set(found.map(({ runId }) => runId))];
  return runs.map((run) =>
    about(cluster.name).warning(
      ...words(
        run,
        found.filter(({ runId }) => runId === run),
      ),
    ),
  );
}

function words(runId: string, namespaces: readonly RunNamespace[]): readonly [string, string] {
  const [first] = namespaces.map(({ createdAt }) => createdAt).sort();
  const since = first === undefined || first === '' ? '' : ` since ${first}`;
  const names = namespaces.map(({ name }) => name).join(', ');
  return [
    `namespaces of run ${runId} are there${since} (${names}): if it is under way, two runs measure each other`,
    `wait for it; if it is over: npx meshproof clean ${runId} --cluster NAME=FILE[:CONTEXT]`,
  ];
}

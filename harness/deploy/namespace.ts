import type { Cluster } from '../cluster/cluster.ts';
import type { InjectionLabel } from '../mesh/types.ts';
import { RUN_LABEL } from '../state/run-label.ts';
import { poll } from '../wait/wait.ts';

/** A Secret to pull images with, copied from another namespace. */
export interface PullSecret {
  readonly namespace: string;
  readonly name: string;
}

/** Makes the scenario's own namespace, whose pods the mesh injects its proxies into. */
export async function createNamespace(
  cluster: Cluster,
  name: string,
  options: {
    readonly runId: string;
    readonly injection: InjectionLabel;
    /** Further labels. */
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly pullSecret?: PullSecret | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { signal } = options;
  await cluster.apply(
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        labels: {
          ...options.labels,
          [RUN_LABEL]: options.runId,
          [options.injection.key]: options.injection.value,
        },
      },
    },
    { signal },
  );
  if (options.pullSecret !== undefined) await copySecret(cluster, options.pullSecret, name);
  // Pods are refused until the controller has made the namespace's default account.
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: name, name: 'default' };
  const what = `ServiceAccount default in ${name}`;
  await poll({ what, timeoutMs: 30_000, intervalMs: 200, signal }, () => cluster.get(account));
}

async function copySecret(cluster: Cluster, from: PullSecret, namespace: string): Promise<void> {
  const secret = await cluster.get({ apiVersion: 'v1', kind: 'Secret', ...from });
  if (secret === undefined) {
    throw new Error(
      `expected the Secret ${from.namespace}/${from.name} to pull images with in ${cluster.name}; there is none. ` +
        `See: kubectl -n ${from.namespace} get secrets`,
    );
  }
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: from.name, namespace },
    type: secret['type'],
    data: secret['data'],
  });
}

/** Deletes the namespace without waiting: names are never used twice. */
export async function deleteNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.delete({ apiVersion: 'v1', kind: 'Namespace', name }, { propagation: 'Background' });
}

import type { Cluster } from '../../cluster/cluster.ts';
import { RUN_LABEL } from '../../state/run-label.ts';
import { reasonOf } from './reason.ts';

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' } as const;
/** Pods get 30 s to end; what they wait for in Envoy's drain adds to it. */
const PATIENCE_MS = 120_000;

/** A namespace that a run made. */
export interface RunNamespace {
  readonly name: string;
  readonly runId: string;
  /** As the API server writes it, RFC 3339; empty if it does not say. */
  readonly createdAt: string;
}

/** Namespaces that carry the label of this run, or of any. */
export async function runNamespaces(cluster: Cluster, runId?: string): Promise<RunNamespace[]> {
  const labelSelector = runId === undefined ? RUN_LABEL : `${RUN_LABEL}=${runId}`;
  const found = await cluster.list({ ...NAMESPACE, labelSelector });
  return found.map(({ metadata }) => ({
    name: metadata.name,
    runId: metadata.labels?.[RUN_LABEL] ?? '',
    createdAt: typeof metadata['creationTimestamp'] === 'string' ? metadata['creationTimestamp'] : '',
  }));
}

/** Deletes namespaces and waits until they are gone; resolves to what is left, each with the reason. */
export async function removeNamespaces(cluster: Cluster, names: readonly string[]): Promise<string[]> {
  const left = await Promise.all(
    names.map(async (name) => {
      try {
        await cluster.deleteAndWait({ ...NAMESPACE, name }, { timeoutMs: PATIENCE_MS });
        return [];
      } catch (error) {
        return [`namespace ${name} in ${cluster.name}: ${reasonOf(error)}`];
      }
    }),
  );
  return left.flat();
}

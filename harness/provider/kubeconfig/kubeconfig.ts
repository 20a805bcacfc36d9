import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import { redact } from '../../command/redact.ts';
import type { ClusterSource } from '../../options/types.ts';
import type { ClusterRequest, Finding, ProvidedCluster, Provider, Rising } from '../types.ts';
import { removeNamespaces, runNamespaces } from './namespaces.ts';
import type { KubeconfigOptions } from './options.ts';
import { kubeconfigPreflight } from './preflight.ts';
import { reasonOf } from './reason.ts';

const LOG_LINES = 5_000;

/** Clusters that exist already. It makes none, removes none, and freezes nothing. */
export class KubeconfigProvider implements Provider {
  readonly name = 'kubeconfig';
  readonly meshIsThere: boolean;
  readonly ownsClusters = false;
  readonly #options: KubeconfigOptions;

  constructor(options: KubeconfigOptions) {
    this.#options = options;
    this.meshIsThere = !options.installMesh;
  }

  preflight(): Promise<Finding[]> {
    return kubeconfigPreflight(this.#options);
  }

  /** Nothing rises: the clusters are there. Whether pods reach each other on one network is measured, not arranged. */
  up(request: ClusterRequest): Rising {
    const clusters = new Map(request.clusters.map(({ name }) => [name, this.#provide(name)] as const));
    return { clusters, joined: Promise.all(clusters.values()).then(() => undefined) };
  }

  /** Removes the namespaces that carry the run's label, and nothing else. */
  async down(runId: string): Promise<string[]> {
    const left = await this.#inEach(async (cluster) => {
      const namespaces = await runNamespaces(cluster, runId);
      return removeNamespaces(
        cluster,
        namespaces.map(({ name }) => name),
      );
    });
    return left.flatMap(
      ({ source, value, reason }) => value ?? [`namespaces of run ${runId} in ${source.name}: ${reason}`],
    );
  }

  /** Logs of the control plane's pods, where there are any and they may be read; secrets are taken out. */
  async logs(_runId: string, directory: string): Promise<void> {
    await this.#inEach(async (cluster) => {
      await writeControlPlaneLogs(cluster, join(directory, cluster.name));
    });
  }

  async #provide(name: string): Promise<ProvidedCluster> {
    const source = this.#options.sources.find((one) => one.name === name);
    if (source === undefined)
      throw new Error(`no kubeconfig for ${name}; give one: --cluster ${name}=FILE[:CONTEXT]`);
    const { file, context } = source;
    return Promise.resolve({ name, kubeconfig: file, ...(context === undefined ? {} : { context }) });
  }

  /** Does something in every cluster; one that fails does not keep the others from it. */
  async #inEach<T>(
    work: (cluster: Cluster) => Promise<T>,
  ): Promise<{ readonly source: ClusterSource; readonly value?: T; readonly reason: string }[]> {
    return Promise.all(
      this.#options.sources.map(async (source) => {
        try {
          const cluster = await connect({
            name: source.name,
            kubeconfig: source.file,
            context: source.context,
          });
          try {
            return { source, value: await work(cluster), reason: '' };
          } finally {
            await cluster.close();
          }
        } catch (error) {
          return { source, reason: reasonOf(error) };
        }
      }),
    );
  }
}

async function writeControlPlaneLogs(cluster: Cluster, directory: string): Promise<void> {
  const namespace = 'istio-system';
  const pods = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: 'app=istiod' });
  if (pods.length === 0) return; // a control plane that is hosted elsewhere
  await mkdir(directory, { recursive: true });
  for (const { metadata } of pods) {
    const text = await cluster.logs({ namespace, pod: metadata.name, tailLines: LOG_LINES });
    await writeFile(join(directory, `${metadata.name}.log`), redact(text));
  }
}

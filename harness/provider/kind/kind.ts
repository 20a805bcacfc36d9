import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { CommandError } from '../../command/command-error.ts';
import { run } from '../../command/command.ts';
import { sleep } from '../../wait/wait.ts';
import type { ClusterTopology } from '../../topology/topology.ts';
import type { ClusterRequest, Finding, FreezerHandle, ProvidedCluster, Provider, Rising } from '../types.ts';
import { kindConfig, kindName, nodeContainer } from './config.ts';
import { loadLocalImages } from './images.ts';
import { nodeAddress, releaseFrozen, routeBetween, thaw } from './nodes.ts';
import { kindPreflight } from './preflight.ts';

const DELETE_ATTEMPTS = 8;
const DELETE_PAUSE_MS = 2000;
/** A container whose creation was interrupted appears within this time, in milliseconds: its volume is filled first. */
const LATE_CONTAINER_MS = 5000;

/** How kind clusters are made. */
export interface KindOptions {
  /** The kind program. @default 'kind' from PATH */
  readonly program: string;
  /** Node image; kind's own default when absent. */
  readonly nodeImage: string | undefined;
  /** Images that the run is going to need on the nodes. */
  readonly images: readonly string[];
  /** Clusters of the topology, for the preflight. */
  readonly clusters: readonly ClusterTopology[];
  /** Keep clusters that are there already (`--reuse`). */
  readonly reuse: boolean;
}

type CreateRequest = ClusterRequest & { readonly kubeconfig: string };

const CREATE_RETRIES = 2;

/** Whether trying again may help: not if we stopped it ourselves, or there is no such program. */
const mayPass = (error: Error): boolean =>
  error instanceof CommandError && error.kind !== 'aborted' && error.kind !== 'missing';

const shortly = (error: Error): string => error.message.split('\n')[0] ?? '';

async function listKindClusters(program: string): Promise<string[]> {
  const { stdout } = await run(program, ['get', 'clusters', '-q'], { timeoutMs: 30_000 });
  return stdout.split('\n').filter((line) => line.startsWith('meshproof-'));
}

/** Clusters of a run, found by name: also after a crash that left nothing else. */
export async function kindClustersOf(program: string, runId: string): Promise<string[]> {
  return (await listKindClusters(program)).filter((name) => name.startsWith(`meshproof-${runId}-`));
}

/** Without a file of ours kind would lock the user's own, to take out an entry that never was there. */
const deletion = (name: string, kubeconfig: string): string[] => {
  const where = ['--name', name, '--kubeconfig', kubeconfig];
  return ['delete', 'cluster', ...where, '-q'];
};

/**
 * Deletes kind clusters; resolves to the names of those that are still there after some tries: the engine refuses to
 * remove a container that it is only just making, as when its creation was interrupted, and one with frozen processes.
 */
export async function deleteKindClusters(program: string, names: readonly string[]): Promise<string[]> {
  let left = [...names];
  for (let attempt = 0; attempt < DELETE_ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await sleep(DELETE_PAUSE_MS);
    if (attempt > 0)
      await Promise.all(left.map((name) => releaseFrozen(nodeContainer(name)).catch(() => undefined)));
    for (const name of left) await thaw(nodeContainer(name), 'node').catch(() => undefined);
    await Promise.all(
      left.map((name) =>
        run(program, deletion(name, join(tmpdir(), `${name}.kubeconfig`)), {
          timeoutMs: 120_000,
          allowFailure: true,
        }),
      ),
    );
    const there = new Set(await listKindClusters(program));
    left = left.filter((name) => there.has(name));
  }
  return left;
}

/** Clusters of one node each, in the local Docker. */
export class KindProvider implements Provider {
  readonly name = 'kind';
  readonly meshIsThere = false;
  readonly ownsClusters = true;
  readonly #options: KindOptions;
  /** Was kind ended in the midst of creating a cluster? */
  #wasInterrupted = false;

  constructor(options: KindOptions) {
    this.#options = options;
  }

  preflight(): Promise<Finding[]> {
    return kindPreflight(this.#options);
  }

  up(request: ClusterRequest): Rising {
    const existing = this.#options.reuse
      ? kindClustersOf(this.#options.program, request.runId)
      : Promise.resolve([]);
    const clusters = new Map(
      request.clusters.map((cluster) => [cluster.name, this.#raise(cluster, request, existing)] as const),
    );
    return { clusters, joined: this.#join(request, clusters) };
  }

  async down(runId: string): Promise<string[]> {
    const { program } = this.#options;
    const remove = async (): Promise<string[]> =>
      deleteKindClusters(program, await kindClustersOf(program, runId));
    const left = await remove();
    if (!this.#wasInterrupted) return left;
    // The engine goes on with a container that it was making, and lists it only when it is done.
    await sleep(LATE_CONTAINER_MS);
    return remove();
  }

  async logs(runId: string, directory: string): Promise<void> {
    const { program } = this.#options;
    for (const name of await kindClustersOf(program, runId)) {
      await run(program, ['export', 'logs', join(directory, name), '--name', name, '-q'], {
        timeoutMs: 120_000,
      });
    }
  }

  freezer({ runId }: { readonly runId: string }): FreezerHandle {
    return { kind: 'kind', runId };
  }

  async #raise(
    cluster: ClusterTopology,
    request: ClusterRequest,
    existing: Promise<string[]>,
  ): Promise<ProvidedCluster> {
    const name = kindName(request.runId, cluster.name);
    const kubeconfig = join(request.directory, `${cluster.name}.kubeconfig`);
    if ((await existing).includes(name)) {
      if (!existsSync(kubeconfig)) await this.#exportKubeconfig(name, { ...request, kubeconfig });
    } else {
      await this.#create(cluster, name, { ...request, kubeconfig });
    }
    const container = nodeContainer(name);
    const address = await nodeAddress(container, request.signal);
    await loadLocalImages(
      { program: this.#options.program, cluster: name, container },
      this.#options.images,
      {
        directory: request.directory,
        signal: request.signal,
        say: request.say,
      },
    );
    const { nodeImage } = this.#options;
    return {
      name: cluster.name,
      kubeconfig,
      serverForPeers: `https://${address}:6443`,
      loadBalancerAddress: address,
      ...(nodeImage === undefined ? {} : { nodeImage }),
    };
  }

  /** kind fails now and then for reasons that are gone a moment later, and then leaves half a cluster behind. */
  async #create(cluster: ClusterTopology, name: string, request: CreateRequest): Promise<void> {
    const { program } = this.#options;
    const { kubeconfig, signal, say } = request;
    const attempt = async (count: number): Promise<void> => {
      if (count > 1) {
        await run(program, deletion(name, kubeconfig), { timeoutMs: 120_000, signal, allowFailure: true });
      }
      await this.#createOnce(cluster, name, request);
    };
    await pRetry(attempt, {
      retries: CREATE_RETRIES,
      signal,
      shouldRetry: ({ error }) => mayPass(error),
      onFailedAttempt: ({ error, retriesLeft }) => {
        if (retriesLeft > 0 && mayPass(error)) {
          say(`kind cluster ${name} could not be created (${shortly(error)}): deleting it and trying again`);
        }
      },
    });
  }

  /** Without kind's own wait: it reports success on a time-out, and installing need not wait for the node to be Ready. */
  async #createOnce(cluster: ClusterTopology, name: string, request: CreateRequest): Promise<void> {
    const { program, nodeImage } = this.#options;
    request.say(`creating kind cluster ${name}`);
    await run(
      program,
      [
        ...['create', 'cluster', '--name', name, '--config', '-', '--kubeconfig', request.kubeconfig, '-q'],
        ...(nodeImage === undefined ? [] : ['--image', nodeImage]),
      ],
      {
        timeoutMs: 300_000,
        signal: request.signal,
        stdin: kindConfig(cluster),
        logFile: join(request.directory, `${cluster.name}-kind.log`),
      },
    ).catch((error: unknown) => {
      this.#wasInterrupted ||= error instanceof CommandError && error.kind === 'aborted';
      throw error;
    });
  }

  async #exportKubeconfig(name: string, { kubeconfig, signal }: CreateRequest): Promise<void> {
    const words = ['export', 'kubeconfig', '--name', name, '--kubeconfig', kubeconfig, '-q'];
    await run(this.#options.program, words, { timeoutMs: 30_000, signal });
  }

  async #join(request: ClusterRequest, rising: ReadonlyMap<string, Promise<ProvidedCluster>>): Promise<void> {
    const neighbours = await Promise.all(
      request.clusters.map(async (cluster) => {
        const provided = await rising.get(cluster.name);
        return {
          container: nodeContainer(kindName(request.runId, cluster.name)),
          address: provided?.loadBalancerAddress ?? '',
          cluster,
        };
      }),
    );
    await routeBetween(neighbours);
  }
}

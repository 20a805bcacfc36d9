/** What the benchmarks of the embedded mesh have in common: a world of its own, and the shared applications in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type Cluster } from '../../harness/cluster/cluster.ts';
import { deploy, readApplication } from '../../harness/deploy/apps.ts';
import { createNamespace } from '../../harness/deploy/namespace.ts';
import type { WorldSpec } from '../../harness/embedded/types.ts';
import { startWorldProcess } from '../../harness/provider/embedded/process.ts';

const APPLICATIONS = fileURLToPath(new URL('../../fixtures/apps/', import.meta.url));
const RUN_ID = 'bench';
const TIMEOUT_MS = 120_000;

/** A cluster whose API server answers. */
export interface Member {
  readonly name: string;
  readonly kubeconfig: string;
  readonly client: Cluster;
}

/** What `work` comes to on clusters of its own, which are gone afterwards. `ready` resolves when their mesh is complete. */
export async function onClusters<T>(
  { clusters, discovery }: Pick<WorldSpec, 'clusters' | 'discovery'>,
  work: (members: readonly Member[], ready: Promise<void>) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'meshproof-bench-'));
  const ended = new AbortController();
  try {
    const world = startWorldProcess(
      { clusters, directory, discovery, timeScale: 1, defects: [] },
      ended.signal,
    );
    const members = await Promise.all((await world.clusters).map(memberOf));
    const result = await work(members, world.ready);
    await Promise.all(members.map(({ client }) => client.close()));
    return result;
  } finally {
    ended.abort();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const memberOf = async ({ name, kubeconfig }: Omit<Member, 'client'>): Promise<Member> => {
  return { name, kubeconfig, client: await connect({ name, kubeconfig, context: undefined }) };
};

/** Applies shared applications in a namespace and waits until they are rolled out. */
export async function deployIn(
  { client }: Member,
  namespace: string,
  { applications, injected }: { readonly applications: readonly string[]; readonly injected: boolean },
): Promise<void> {
  const injection = { key: 'istio-injection', value: injected ? 'enabled' : 'disabled' };
  await createNamespace(client, namespace, { runId: RUN_ID, injection });
  await deploy(
    client,
    applications.flatMap((name) => readApplication(name, { scenario: APPLICATIONS, shared: APPLICATIONS })),
    {
      placement: { namespace, runId: RUN_ID, images: {}, imageHub: undefined, imagePullSecret: undefined },
      timeoutMs: TIMEOUT_MS,
    },
  );
}

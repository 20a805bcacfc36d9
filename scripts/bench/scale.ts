/**
 * Whether many clusters cost more each than a few: embedded clusters on one network, each of whose control planes is told
 * of two others, from nothing until every one knows the endpoints of its own HelloWorld and of theirs. Exit 1 if a cluster
 * among 20 takes more than 1.5 times as long as one among 5.
 *
 *     node --import tsx scripts/bench/scale.ts [FEW MANY]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, type Cluster } from '../../harness/cluster/cluster.ts';
import type { KubernetesObject } from '../../harness/cluster/types.ts';
import { readManifest } from '../../harness/mesh/manifests.ts';
import { endpointsByCluster } from '../../harness/mesh/istio/control-plane.ts';
import { SYSTEM_NAMESPACE } from '../../harness/mesh/istio/settings.ts';
import { startWorldProcess } from '../../harness/provider/embedded/process.ts';
import { poll } from '../../harness/wait/wait.ts';

const MOST_RATIO = 1.5;
/** How many other clusters each control plane is told of. */
const NEIGHBOURS = 2;
const NAMESPACE = 'sample';
const HOST = { host: `helloworld.${NAMESPACE}.svc.cluster.local`, namespace: NAMESPACE };
const APPLICATIONS = ['helloworld', 'helloworld-v1'].flatMap((name) =>
  readManifest(new URL(`../../fixtures/apps/${name}.yaml`, import.meta.url)),
);

interface Member {
  readonly name: string;
  readonly kubeconfig: string;
  readonly client: Cluster;
}

/** Seconds until as many clusters as this know of their neighbours. */
async function measure(count: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'meshproof-scale-'));
  const ended = new AbortController();
  const began = performance.now();
  try {
    const names = Array.from({ length: count }, (_, index) => `cluster${String(index + 1)}`);
    const clusters = names.map((name) => ({ name, network: 'network1' }));
    const world = startWorldProcess(
      { clusters, directory, discovery: false, timeScale: 1, defects: [] },
      ended.signal,
    );
    const risen = await world.clusters;
    const members = await Promise.all(
      risen.map(async ({ name, kubeconfig }): Promise<Member> => {
        return { name, kubeconfig, client: await connect({ name, kubeconfig, context: undefined }) };
      }),
    );
    await Promise.all([world.ready, ...members.map((member) => deploy(member, members))]);
    await Promise.all(members.map((member) => untilKnown(member, members)));
    const seconds = (performance.now() - began) / 1000;
    await Promise.all(members.map(({ client }) => client.close()));
    return seconds;
  } finally {
    ended.abort();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const neighboursOf = (member: Member, members: readonly Member[]): Member[] => {
  const at = members.indexOf(member);
  return Array.from({ length: NEIGHBOURS }, (_, step) => members[(at + 1 + step) % members.length] ?? member);
};

async function deploy(member: Member, members: readonly Member[]): Promise<void> {
  const metadata = { name: NAMESPACE, labels: { 'istio-injection': 'enabled' } };
  await member.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
  await member.client.applyAll([
    ...neighboursOf(member, members).map(remoteSecret),
    ...APPLICATIONS.map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace: NAMESPACE },
    })),
  ]);
}

const remoteSecret = ({ name, kubeconfig }: Member): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: `istio-remote-secret-${name}`,
    namespace: SYSTEM_NAMESPACE,
    labels: { 'istio/multiCluster': 'true' },
    annotations: { 'networking.istio.io/cluster': name },
  },
  data: { [name]: readFileSync(kubeconfig).toString('base64') },
});

async function untilKnown(member: Member, members: readonly Member[]): Promise<void> {
  const wanted = [member, ...neighboursOf(member, members)].map(({ name }) => name);
  const what = `endpoints of HelloWorld in ${wanted.join(', ')} at the control plane of ${member.name}`;
  await poll({ what, timeoutMs: 120_000, intervalMs: 100, isTransient: () => true }, async () => {
    const found = await endpointsByCluster(member.client, HOST);
    return wanted.every((name) => (found[name] ?? 0) > 0) ? true : undefined;
  });
}

const { positionals } = parseArgs({ allowPositionals: true });
const [few = 5, many = 20] = positionals.map(Number);
const rows = [];
for (const count of [few, many]) {
  const seconds = await measure(count);
  rows.push(seconds / count);
  console.log(
    `${String(count).padStart(3)} clusters  ${seconds.toFixed(1)} s  ${(seconds / count).toFixed(2)} s each`,
  );
}
const [ofFew = Number.NaN, ofMany = Number.NaN] = rows;
const ratio = ofMany / ofFew;
console.log(`ratio         ${ratio.toFixed(2)} (limit ${MOST_RATIO.toFixed(2)})`);
if (!(ratio <= MOST_RATIO)) process.exitCode = 1;

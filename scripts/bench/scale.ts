/**
 * Whether many clusters cost more each than a few: embedded clusters on one network, each of whose control planes is told
 * of two others, from nothing until every one knows the endpoints of its own HelloWorld and of theirs. Exit 1 if a cluster
 * among 20 takes more than 1.5 times as long as one among 5.
 *
 *     node --import tsx scripts/bench/scale.ts [FEW MANY]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { KubernetesObject } from '../../harness/cluster/types.ts';
import { endpointsByCluster } from '../../harness/mesh/istio/control-plane.ts';
import { SYSTEM_NAMESPACE } from '../../harness/mesh/istio/settings.ts';
import { poll } from '../../harness/wait/wait.ts';
import { deployIn, onClusters, type Member } from './embedded.ts';

const MOST_RATIO = 1.5;
/** How many other clusters each control plane is told of. */
const NEIGHBOURS = 2;
const NAMESPACE = 'sample';
const HOST = { host: `helloworld.${NAMESPACE}.svc.cluster.local`, namespace: NAMESPACE };
const APPLICATIONS = ['helloworld', 'helloworld-v1'];

/** Seconds until as many clusters as this know of their neighbours. */
async function measure(count: number): Promise<number> {
  const names = Array.from({ length: count }, (_, index) => `cluster${String(index + 1)}`);
  const clusters = names.map((name) => ({ name, network: 'network1' }));
  const began = performance.now();
  return onClusters({ clusters, discovery: false }, async (members, ready) => {
    await Promise.all([ready, ...members.map((member) => deploy(member, members))]);
    await Promise.all(members.map((member) => untilKnown(member, members)));
    return (performance.now() - began) / 1000;
  });
}

const neighboursOf = (member: Member, members: readonly Member[]): Member[] => {
  const at = members.indexOf(member);
  return Array.from({ length: NEIGHBOURS }, (_, step) => members[(at + 1 + step) % members.length] ?? member);
};

async function deploy(member: Member, members: readonly Member[]): Promise<void> {
  await member.client.applyAll(neighboursOf(member, members).map(remoteSecret));
  await deployIn(member, NAMESPACE, { applications: APPLICATIONS, injected: true });
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
    return wanted.every((name) => (found[name]?.least ?? 0) > 0) ? true : undefined;
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

/**
 * Calls a second through the embedded mesh: within a network (two sidecars), across networks (two sidecars and a gateway),
 * and to the same pods without any proxy, which shows what curl and the application cost by themselves.
 *
 *     node --import tsx scripts/bench/data-plane.ts [CALLS]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, type Cluster } from '../../harness/cluster/cluster.ts';
import { readManifest } from '../../harness/mesh/manifests.ts';
import { startWorldProcess } from '../../harness/provider/embedded/process.ts';

/** Callers at a time; one is what a loop with a single connection does. */
const AT_ONCE = [1, 4, 16];
const ROLLOUT = { timeoutMs: 60_000 };

/** Where calls go from cluster1: namespaces whose HelloWorld is there, or in cluster2 alone. */
const PLACES = [
  { what: 'no proxy', namespace: 'plain', injected: false, home: 'cluster1' },
  { what: 'two sidecars', namespace: 'near', injected: true, home: 'cluster1' },
  { what: 'two sidecars and a gateway', namespace: 'far', injected: true, home: 'cluster2' },
] as const;
type Place = (typeof PLACES)[number];

async function deploy(
  cluster: Cluster,
  { namespace, injected }: Place,
  apps: readonly string[],
): Promise<void> {
  const labels = injected ? { 'istio-injection': 'enabled' } : {};
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
  for (const app of apps) {
    const objects = readManifest(new URL(`../../fixtures/apps/${app}.yaml`, import.meta.url));
    await cluster.applyAll(objects.map((one) => ({ ...one, metadata: { ...one.metadata, namespace } })));
  }
  for (const name of apps.filter((app) => app !== 'helloworld')) {
    await cluster.waitForRollout({ namespace, name }, ROLLOUT);
  }
}

/** Calls a second, and how many of the calls were answered with 200. */
async function measure(
  cluster: Cluster,
  { namespace }: Place,
  { calls, atOnce }: { readonly calls: number; readonly atOnce: number },
): Promise<{ perSecond: number; answered: number }> {
  const [pod] = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: 'app=sleep' });
  const curl = `curl -s --parallel --parallel-max ${String(atOnce)} -o /dev/null -w '%{http_code}\\n'`;
  const began = performance.now();
  const { stdout } = await cluster.exec({
    namespace,
    pod: pod?.metadata.name ?? '',
    container: 'sleep',
    command: ['sh', '-c', `${curl} 'http://helloworld:5000/hello?[1-${String(calls)}]'`],
    timeoutMs: 300_000,
  });
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: calls / seconds, answered: stdout.split('\n').filter((code) => code === '200').length };
}

const { positionals } = parseArgs({ allowPositionals: true });
const calls = Number(positionals[0] ?? 4000);
const directory = mkdtempSync(join(tmpdir(), 'meshproof-data-plane-'));
const ended = new AbortController();
try {
  const clusters = [
    { name: 'cluster1', network: 'network1' },
    { name: 'cluster2', network: 'network2' },
  ];
  const world = startWorldProcess(
    { clusters, directory, discovery: true, timeScale: 1, defects: [] },
    ended.signal,
  );
  const risen = await world.clusters;
  const [one, two] = await Promise.all(
    risen.map(({ name, kubeconfig }) => connect({ name, kubeconfig, context: undefined })),
  );
  if (one === undefined || two === undefined) throw new Error('expected two clusters');
  await world.ready;
  for (const place of PLACES) {
    const isNear = place.home === 'cluster1';
    await deploy(one, place, isNear ? ['sleep', 'helloworld', 'helloworld-v1'] : ['sleep', 'helloworld']);
    if (!isNear) await deploy(two, place, ['helloworld', 'helloworld-v2']);
  }
  for (const place of PLACES) {
    for (const atOnce of AT_ONCE) {
      await measure(one, place, { calls: 200, atOnce });
      const { perSecond, answered } = await measure(one, place, { calls, atOnce });
      const row = [
        place.what.padEnd(28),
        `${String(atOnce).padStart(2)} at once`,
        `${perSecond.toFixed(0).padStart(6)} a second`,
      ];
      console.log(
        `${row.join('  ')}  ${answered === calls ? '' : `only ${String(answered)} of ${String(calls)} answered`}`.trimEnd(),
      );
      if (answered !== calls) process.exitCode = 1;
    }
  }
  await Promise.all([one.close(), two.close()]);
} finally {
  ended.abort();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

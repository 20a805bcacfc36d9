/**
 * Calls a second through the embedded mesh: within a network (two sidecars), across networks (two sidecars and a gateway),
 * and to the same pods without any proxy, which shows what curl and the application cost by themselves.
 *
 *     node --import tsx scripts/bench/data-plane.ts [CALLS]
 */
import { parseArgs } from 'node:util';
import type { Cluster } from '../../harness/cluster/cluster.ts';
import { deployIn, onClusters, type Member } from './embedded.ts';

/** Callers at a time; one is what a loop with a single connection does. */
const AT_ONCE = [1, 4, 16];

/** Where calls go from cluster1: namespaces whose HelloWorld is there, or in cluster2 alone. */
const PLACES = [
  { what: 'no proxy', namespace: 'plain', injected: false, home: 'cluster1' },
  { what: 'two sidecars', namespace: 'near', injected: true, home: 'cluster1' },
  { what: 'two sidecars and a gateway', namespace: 'far', injected: true, home: 'cluster2' },
] as const;
type Place = (typeof PLACES)[number];

async function deploy({ namespace, injected, home }: Place, one: Member, two: Member): Promise<void> {
  const near = home === 'cluster1' ? ['helloworld-v1'] : [];
  await deployIn(one, namespace, { applications: ['sleep', 'helloworld', ...near], injected });
  if (home === 'cluster2') {
    await deployIn(two, namespace, { applications: ['helloworld', 'helloworld-v2'], injected });
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
const clusters = [
  { name: 'cluster1', network: 'network1' },
  { name: 'cluster2', network: 'network2' },
];
await onClusters({ clusters, discovery: true }, async ([one, two], ready) => {
  if (one === undefined || two === undefined) throw new Error('expected two clusters');
  await ready;
  for (const place of PLACES) await deploy(place, one, two);
  for (const place of PLACES) {
    for (const atOnce of AT_ONCE) {
      await measure(one.client, place, { calls: 200, atOnce });
      const { perSecond, answered } = await measure(one.client, place, { calls, atOnce });
      const rate = `${perSecond.toFixed(0).padStart(6)} a second`;
      console.log(`${place.what.padEnd(28)}  ${String(atOnce).padStart(2)} at once  ${rate}`);
      if (answered === calls) continue;
      console.log(`only ${String(answered)} of ${String(calls)} answered`);
      process.exitCode = 1;
    }
  }
});

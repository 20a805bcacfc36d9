import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connect, type Cluster } from '../cluster/cluster.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { connectedProxies } from '../mesh/istio/control-plane.ts';
import { poll } from '../wait/wait.ts';
import { startWorld } from './world.ts';

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const NAMESPACE = 'sample';
const labels = { app: 'sleep' };
const sleep = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'sleep', namespace: NAMESPACE },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'sleep', image: 'curl', command: ['sleep', 'infinity'] }] },
    },
  },
};
const PATIENCE = { timeoutMs: 60_000, intervalMs: 50 };

/** A primary and its remote on two networks; gives clients of both, with a namespace for injected pods in the remote. */
async function joined(defect?: string): Promise<readonly [primary: Cluster, remote: Cluster]> {
  const directory = mkdtempSync(join(tmpdir(), 'embedded-remote-'));
  const clusters = [
    { name: 'cluster1', network: 'network1' },
    { name: 'cluster2', network: 'network2', primary: 'cluster1' },
  ];
  const defects = defect === undefined ? [] : [{ name: defect }];
  const world = await startWorld(
    { clusters, directory, discovery: true, timeScale: 0.05, defects },
    () => undefined,
  );
  ending.push(async () => {
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const client = async (name: string): Promise<Cluster> => {
    const kubeconfig = join(directory, `${name}.kubeconfig`);
    const made = await connect({ name, kubeconfig, context: undefined });
    ending.push(() => made.close());
    return made;
  };
  const both = [await client('cluster1'), await client('cluster2')] as const;
  const metadata = { name: NAMESPACE, labels: { 'istio-injection': 'enabled' } };
  await both[1].apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
  return both;
}

test('a pod that nothing but its manifest makes is injected too', async () => {
  const [, remote] = await joined();
  const { spec } = sleep.spec.template;
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', namespace: NAMESPACE }, spec };
  const made = await poll({ what: 'a bare pod', ...PATIENCE, isTransient: () => true }, () =>
    remote.apply(pod),
  );
  const { containers } = made['spec'] as { readonly containers: readonly { readonly name: string }[] };
  expect(containers.map(({ name }) => name)).toContain('istio-proxy');
});

const rootIn = (client: Cluster, namespace: string): Promise<KubernetesObject | undefined> =>
  client.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'istio-ca-root-cert', namespace });

test("a remote cluster's pods are injected and configured by its primary, whose root they get", async () => {
  const [primary, remote] = await joined();
  await remote.apply(sleep);
  const proxies = await poll({ what: 'the proxy of sleep', ...PATIENCE }, async () => {
    const found = await connectedProxies(primary);
    return found.some(({ proxy }) => proxy.startsWith('sleep-')) ? found : undefined;
  });
  const ofRemote = proxies.filter(({ cluster_id: id }) => id === 'cluster2').map(({ proxy }) => proxy);
  expect(ofRemote.map((proxy) => proxy.split('-')[0]).sort()).toEqual(['istio', 'sleep']);
  const [here, there] = await Promise.all([rootIn(primary, 'istio-system'), rootIn(remote, NAMESPACE)]);
  expect(there?.['data']).toEqual(here?.['data']);
}, 90_000);

test.each(['remote-not-in-charge', 'remote-control-plane-address-wrong', 'remote-secret-missing'])(
  '%s: pods of the remote cluster are refused',
  { timeout: 90_000 },
  async (defect) => {
    const [, remote] = await joined(defect);
    await remote.apply(sleep);
    const message = await poll({ what: 'a pod that is refused', ...PATIENCE }, async () => {
      const events = await remote.list({ apiVersion: 'v1', kind: 'Event', namespace: NAMESPACE });
      return events.find(({ reason }) => reason === 'FailedCreate')?.['message'];
    });
    expect(message).toMatch(/failed calling webhook/);
    expect(await remote.list({ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE })).toEqual([]);
  },
);

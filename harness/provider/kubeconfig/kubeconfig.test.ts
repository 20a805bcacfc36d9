import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { providerOfTwo, startTwo } from '../../../fixtures/existing-clusters.ts';
import { clusterTopology } from '../../../fixtures/topology.ts';
import type { KubeconfigProvider } from './kubeconfig.ts';
import type { KubeconfigOptions } from './options.ts';

let first: FakeApiServer;
let second: FakeApiServer;

beforeEach(async () => {
  [first, second] = await startTwo();
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

const providerOf = (changed: Partial<KubeconfigOptions> = {}): Promise<KubeconfigProvider> =>
  providerOfTwo([first, second], changed);

describe('up, down and logs', () => {
  const request = (): Parameters<KubeconfigProvider['up']>[0] => ({
    runId: 'r1',
    clusters: [clusterTopology('cluster1'), clusterTopology('cluster2')],
    directory: '/nonexistent',
    signal: new AbortController().signal,
    say: () => undefined,
  });
  const namespace = (server: FakeApiServer, name: string, run?: string): void => {
    const labels = run === undefined ? {} : { 'meshproof.dev/run': run };
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  };
  const names = (server: FakeApiServer): string[] =>
    [...server.objects.keys()].map((path) => path.replace(/^.*\//, '')).sort();

  test('up gives the files and contexts as they were named, at once', async () => {
    const sources = [
      { name: 'cluster1', file: 'one.yaml', context: 'arn:aws:eks' },
      { name: 'cluster2', file: 'two.yaml' },
    ];
    const rising = (await providerOf({ sources })).up(request());
    await rising.joined;
    expect(await rising.clusters.get('cluster1')).toEqual({
      name: 'cluster1',
      kubeconfig: 'one.yaml',
      context: 'arn:aws:eks',
    });
    expect(await rising.clusters.get('cluster2')).toEqual({ name: 'cluster2', kubeconfig: 'two.yaml' });
  });

  test("down removes the run's namespaces and nothing else", async () => {
    for (const server of [first, second]) {
      namespace(server, 'meshproof-r1-a', 'r1');
      namespace(server, 'meshproof-r2-a', 'r2');
      namespace(server, 'meshproof-like');
    }
    expect(await (await providerOf()).down('r1')).toEqual([]);
    for (const server of [first, second])
      expect(names(server)).toEqual(['kube-system', 'meshproof-like', 'meshproof-r2-a']);
  });

  test('a cluster that is gone is told as left, and the other one is cleaned all the same', async () => {
    namespace(second, 'meshproof-r1-a', 'r1');
    const server = `https://127.0.0.1:${String(await closedPort())}`;
    const sources = [
      { name: 'cluster1', file: await first.kubeconfig({ cluster: { server } }) },
      { name: 'cluster2', file: await second.kubeconfig() },
    ];
    const left = await (await providerOf({ sources })).down('r1');
    expect(left).toEqual([expect.stringMatching(/^namespaces of run r1 in cluster1: GET .*no answer from/)]);
    expect(names(second)).toEqual(['kube-system']);
  });

  test('logs are those of istiod, without secrets; a hosted control plane has none', async () => {
    first.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'istiod-1', namespace: 'istio-system', labels: { app: 'istiod' } },
    });
    first.logs.set('istio-system/istiod-1/', 'info ads: connected\ntoken: 0123456789secret\n');
    const folder = await mkdtemp(join(tmpdir(), 'logs-'));
    try {
      await (await providerOf()).logs('r1', folder);
      expect(await readdir(folder)).toEqual(['cluster1']);
      const text = await readFile(join(folder, 'cluster1', 'istiod-1.log'), 'utf8');
      expect(text).toContain('ads: connected');
      expect(text).not.toContain('0123456789secret');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** A port of this machine that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

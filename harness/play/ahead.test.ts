import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startApiServer } from '../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { connect } from '../cluster/cluster.ts';
import { startWorld } from '../embedded/world.ts';
import type { Scenario } from '../scenario.ts';
import { poll } from '../wait/wait.ts';
import { deployAhead } from './ahead.ts';
import { namespaceOf } from './namespace.ts';

const NETWORKING = 'networking.istio.io/v1';

const SCENARIO: Scenario = {
  claim: 'A1',
  title: '',
  document: '',
  apps: { cluster1: ['helloworld', 'helloworld-v1', 'bookinfo-routes'] },
  checks: () => ({}),
  play: () => Promise.resolve(),
};
const RUN = {
  runId: 'r1',
  variant: 'flat',
  timeoutMs: 30_000,
  images: {},
  imageHub: undefined,
  pullSecret: undefined,
  namespaceLabels: { env: 'test' },
  appsDirectory: fileURLToPath(new URL('../../fixtures/apps', import.meta.url)),
  injection: { key: 'istio-injection', value: 'enabled' },
};

test('workloads are there before their scenario plays, and what the mesh is told is not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
  const spec = {
    clusters: [{ name: 'cluster1', network: 'network1' }],
    directory,
    discovery: true,
    defects: [],
  };
  const world = await startWorld({ ...spec, timeScale: 0.05 }, () => undefined);
  const kubeconfig = join(directory, 'cluster1.kubeconfig');
  const client = await connect({ name: 'cluster1', kubeconfig, context: undefined });
  try {
    const run = { ...RUN, signal: new AbortController().signal };
    const planned = {
      file: { suite: 'a', name: 'x', file: join(directory, 'scenario.ts') },
      scenario: SCENARIO,
    };
    const member = {
      topology: clusterTopology('cluster1'),
      provided: { name: 'cluster1', kubeconfig, serverForPeers: '' },
      client,
    };
    await deployAhead(member, planned, run);
    const namespace = namespaceOf(run, planned.file);
    const kinds = [
      ['v1', 'Service'],
      ['v1', 'Pod'],
      [NETWORKING, 'Gateway'],
      [NETWORKING, 'VirtualService'],
    ] as const;
    const counts = await Promise.all(
      kinds.map(async ([apiVersion, kind]) => (await client.list({ apiVersion, kind, namespace })).length),
    );
    expect(counts).toEqual([1, 1, 0, 0]);
    const made = await client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
    expect(made?.metadata.labels).toMatchObject({ env: 'test' });
  } finally {
    await client.close();
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test('workloads that never get ready are not waited for when the run is over', async () => {
  const server = await startApiServer();
  const kubeconfig = await server.kubeconfig();
  const client = await connect({ name: 'cluster1', kubeconfig });
  try {
    const file = { suite: 'a', name: 'x', file: join(tmpdir(), 'scenario.ts') };
    const over = new AbortController();
    const run = { ...RUN, timeoutMs: 8_000, signal: over.signal };
    const namespace = namespaceOf(run, file);
    server.put({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
    const member = {
      topology: clusterTopology('cluster1'),
      provided: { name: 'cluster1', kubeconfig, serverForPeers: '' },
      client,
    };
    const deployed = deployAhead(member, { file, scenario: SCENARIO }, run).catch((error: unknown) => error);
    await poll({ what: 'a look at the rollout', timeoutMs: 5_000, intervalMs: 20 }, () =>
      Promise.resolve(
        server.seen.some(({ method, path }) => method === 'GET' && /deployments\/./.test(path)) || undefined,
      ),
    );
    const abortedMs = performance.now();
    over.abort(new Error('over'));
    expect(await deployed).toMatchObject({ message: 'over' });
    expect(performance.now() - abortedMs).toBeLessThan(2_000);
  } finally {
    await client.close();
    await server.close();
  }
});

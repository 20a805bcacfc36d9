import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { connect, type Cluster } from '../cluster/cluster.ts';
import { core, fact } from '../scenario.ts';
import { WaitTimeout } from '../wait/wait.ts';
import { deployAdmitted } from './admission.ts';
import { ScenarioCluster } from './scenario-cluster.ts';

const check = 'injected';
const INJECTOR = 'rev.namespace.sidecar-injector.istio.io';

let local: LocalScene;
let server: FakeApiServer;
let client: Cluster;
let namespace: string;

beforeEach(async () => {
  local = await localScene({ injected: core('Pods have proxies', fact) });
  server = await startApiServer();
  client = await connect({ name: 'cluster2', kubeconfig: await server.kubeconfig() });
  ({ namespace } = local.scene);
  const template = {
    metadata: { labels: { app: 'sleep' } },
    spec: { containers: [{ name: 'sleep', image: 'a' }] },
  };
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'sleep' },
    spec: { selector: { matchLabels: { app: 'sleep' } }, template },
  };
  writeFileSync(join(local.scene.folder, 'sleep.yaml'), JSON.stringify(manifest));
});
afterEach(async () => {
  await client.close();
  await server.close();
  await local.close();
});

async function deployed(isJudged = true): Promise<void> {
  const scene = { ...local.scene, context: { ...local.scene.context, timeoutMs: 700 } };
  const provided = { name: 'cluster2', kubeconfig: client.kubeconfig };
  const cluster = new ScenarioCluster(scene, { topology: clusterTopology('cluster2'), provided, client });
  await expect(
    deployAdmitted(scene, cluster, { apps: ['sleep'], check: isJudged ? check : undefined }),
  ).rejects.toThrow(WaitTimeout);
}

function refusal(message: string): void {
  server.put({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'sleep.1', namespace },
    reason: 'FailedCreate',
    message,
  });
}

function pod(name: string, container: object): void {
  const status = { phase: 'Running', containerStatuses: [{ name: 'istio-proxy', ...container }] };
  server.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, status });
}

function podWithoutNode(name: string): void {
  const status = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False' }] };
  server.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, status });
}

test('pods that the injector does not let in refute the check that is about that', async () => {
  refusal(`Error creating: failed calling webhook "${INJECTOR}": no endpoints available`);
  await deployed();
  expect(local.record(check)).toMatchObject({ verdict: 'non-conformant', reason: 'refuted' });
  expect(local.record(check)?.message).toContain('the API server refused them: Error creating');
});

test('and so do proxies that run and do not get ready', async () => {
  pod('sleep-1', { ready: false, state: { running: {} } });
  await deployed();
  expect(local.record(check)?.message).toMatch(/the container istio-proxy of sleep-1 runs and is not ready$/);
});

test.each([
  ['another webhook refuses them', () => refusal('failed calling webhook "policies.example.com": timeout')],
  ['a quota does', () => refusal('pods "sleep" is forbidden: exceeded quota')],
  [
    'the injector refused them at first, and let them in then',
    () => {
      refusal(`failed calling webhook "${INJECTOR}": no endpoints available`);
      pod('sleep-1', { ready: true, state: { running: {} } });
    },
  ],
  [
    'nodes are so full that they take no more pods',
    () => {
      pod('sleep-1', { ready: false, state: { running: {} } });
      podWithoutNode('sleep-2');
    },
  ],
  ['the image cannot be had', () => pod('sleep-1', { state: { waiting: { reason: 'ErrImagePull' } } })],
  ['the application is not ready', () => pod('sleep-1', { ready: true, state: { running: {} } })],
])('nothing is said of the mesh where %s', async (_why, set) => {
  set();
  await deployed();
  expect(local.record(check)).toBeUndefined();
});

test('nor where no check is about that', async () => {
  refusal(`failed calling webhook "${INJECTOR}": no endpoints available`);
  await deployed(false);
  expect(local.record(check)).toBeUndefined();
});

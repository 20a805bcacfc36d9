import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import type { Stored } from '../../fixtures/api-server/store.ts';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { connect, type Cluster } from '../cluster/cluster.ts';
import { core, fact } from '../scenario.ts';
import { WaitTimeout } from '../wait/wait.ts';
import { ScenarioCluster } from './scenario-cluster.ts';

const NAMESPACE = 'sample';
const judgedBy = 'starts';
const READY = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
/** The old pod stays, the new one does not get ready: what RollingUpdate leaves behind. */
const HALFWAY = { ...READY, observedGeneration: 2, replicas: 2 };

let local: LocalScene;
let server: FakeApiServer;
let client: Cluster;
let cluster: ScenarioCluster;

beforeEach(async () => {
  local = await localScene({ starts: core('A new caller gets its proxy', fact) });
  server = await startApiServer();
  const kubeconfig = await server.kubeconfig();
  client = await connect({ name: 'cluster1', kubeconfig });
  const scene = { ...local.scene, context: { ...local.scene.context, timeoutMs: 700 } };
  const provided = { name: 'cluster1', kubeconfig };
  cluster = new ScenarioCluster(scene, { topology: clusterTopology('cluster1'), provided, client });
});
afterEach(async () => {
  await client.close();
  await server.close();
  await local.close();
});

const DEPLOYMENT = /^GET .*\/deployments\/sleep$/;

const deployment = (generation: number, status: object): Stored => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'sleep', namespace: NAMESPACE, generation },
  spec: { replicas: 1, selector: { matchLabels: { app: 'sleep' } } },
  status,
});

function newPod(conditions: readonly object[]): void {
  const metadata = { name: 'sleep-new', namespace: NAMESPACE, labels: { app: 'sleep' } };
  const containerStatuses = [{ name: 'istio-proxy', ready: false, state: { running: {} } }];
  server.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    status: { phase: 'Running', conditions, containerStatuses },
  });
}

/** What the Deployment comes to; the look before the restart still sees it ready. */
function afterRestart(status: object): void {
  const seenBefore = JSON.stringify(deployment(1, READY));
  server.override(
    DEPLOYMENT,
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(seenBefore);
    },
    1,
  );
  server.put(deployment(2, status));
}

test('new pods that get ready leave the check to what comes next', async () => {
  afterRestart({ ...READY, observedGeneration: 2 });
  expect(await cluster.restart('sleep', { judgedBy })).toMatchObject({ isReady: true });
  expect(local.record('starts')).toBeUndefined();
});

test('a restart is over when the new pods are ready', async () => {
  afterRestart(HALFWAY);
  setTimeout(() => {
    server.put(deployment(2, { ...READY, observedGeneration: 2 }));
  }, 300);
  const { sentMs, acknowledgedMs } = await cluster.restart('sleep', { judgedBy });
  expect(acknowledgedMs - sentMs).toBeGreaterThan(250);
});

test('a new pod whose proxy does not get ready refutes the check, with its last words', async () => {
  newPod([{ type: 'Ready', status: 'False' }]);
  afterRestart(HALFWAY);
  expect(await cluster.restart('sleep', { judgedBy })).toMatchObject({ isReady: false });
  const record = local.record('starts');
  expect(record).toMatchObject({ verdict: 'non-conformant', reason: 'refuted' });
  expect(record?.message).toContain('expected a new pod, ready, after "sleep in cluster1 restarted"');
  expect(record?.message).toContain('pod sleep-new (Running): container istio-proxy: not ready');
});

test('where no check is about it, the play is left', async () => {
  server.put(deployment(2, HALFWAY));
  await expect(cluster.restart('sleep')).rejects.toThrow(WaitTimeout);
});

test('what was not ready before accuses nobody, and is not restarted', async () => {
  server.put(deployment(1, { ...READY, availableReplicas: 0 }));
  await expect(cluster.restart('sleep', { judgedBy })).rejects.toThrow(WaitTimeout);
  expect(local.record('starts')).toBeUndefined();
  expect(server.seen.some(({ method }) => method === 'PATCH')).toBe(false);
});

test('a pod that no node takes accuses nobody', async () => {
  newPod([{ type: 'PodScheduled', status: 'False' }]);
  afterRestart(HALFWAY);
  await expect(cluster.restart('sleep', { judgedBy })).rejects.toThrow(WaitTimeout);
  expect(local.record('starts')).toBeUndefined();
});

test('an API server that does not answer accuses nobody', async () => {
  afterRestart(HALFWAY);
  const restarting = cluster.restart('sleep', { judgedBy });
  await Promise.all([
    expect(restarting).rejects.toThrow(),
    expect
      .poll(() => server.seen.some(({ method }) => method === 'PATCH'))
      .toBe(true)
      .then(() => server.close()),
  ]);
  expect(local.record('starts')).toBeUndefined();
});

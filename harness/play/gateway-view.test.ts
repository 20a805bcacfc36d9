import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { localExec } from '../../fixtures/local-exec.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { ScenarioCluster } from './scenario-cluster.ts';

const REVISION = 'asm-1131-0';
const HELLOWORLD = { service: 'helloworld', port: 5000 };
const opened: GatewayScene[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((stage) => stage.close()));
});

/** A gateway as it should be: of the revision, connected, exposing all services. */
async function sound(entry?: { address: string; port: number }): Promise<GatewayScene> {
  const stage = await gatewayScene(entry);
  opened.push(stage);
  const { server } = stage;
  server.kinds.set('/apis/networking.istio.io/v1', [{ name: 'gateways', kind: 'Gateway', namespaced: true }]);
  gatewayPod(stage, REVISION);
  stage.istiodSays('/debug/syncz', [{ proxy: 'gateway-1.istio-system', cluster_id: 'cluster1' }]);
  stage.gatewaySays('config_dump?resource=dynamic_listeners', {
    configs: ['outbound_.5000_._.helloworld.sample.svc.cluster.local'],
  });
  exposing(stage);
  return stage;
}

const gatewayPod = ({ pod }: GatewayScene, revision: string): void => {
  pod('istio-system', 'gateway-1', {
    labels: { istio: 'eastwestgateway' },
    annotations: { 'sidecar.istio.io/status': JSON.stringify({ revision }) },
  });
};

interface Exposure {
  readonly istio?: string;
  readonly number?: number;
  readonly mode?: string;
  readonly host?: string;
}

const exposing = (
  { server }: GatewayScene,
  { istio = 'eastwestgateway', number = 15443, mode = 'AUTO_PASSTHROUGH', host = '*.local' }: Exposure = {},
): void => {
  server.put({
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'cross-network-gateway', namespace: 'istio-system' },
    spec: { selector: { istio }, servers: [{ port: { number }, tls: { mode }, hosts: [host] }] },
  });
};

test('a gateway of the revision that its control plane configures is seen as that', async () => {
  const { cluster } = await sound();
  expect(await cluster.gateway.isOfRevision(REVISION)).toMatchObject({
    holds: true,
    figures: { pods: 1, ofTheRevision: 1, network: 'default' },
  });
});

test('a gateway of another revision is told, and so is one that nobody configures', async () => {
  const other = await sound();
  gatewayPod(other, 'asm-173-3');
  const found = await other.cluster.gateway.isOfRevision(REVISION);
  expect(found.holds).toBe(false);
  expect(found.seen).toContain('0 of 1 ready pods');
  expect(found.seen).toContain('(seen: asm-173-3)');

  const alone = await sound();
  alone.istiodSays('/debug/syncz', []);
  expect((await alone.cluster.gateway.isOfRevision(REVISION)).holds).toBe(false);
});

test('all services are exposed where Gateway and listener say so', async () => {
  const stage = await sound();
  expect((await stage.cluster.gateway.exposesAllServices(HELLOWORLD)).holds).toBe(true);
  exposing(stage, { host: './*.local' });
  expect((await stage.cluster.gateway.exposesAllServices(HELLOWORLD)).holds).toBe(true);
});

test.each([
  [{ istio: 'ingressgateway' }],
  [{ number: 443 }],
  [{ mode: 'PASSTHROUGH' }],
  [{ host: 'one.local' }],
] as const)('a Gateway with %j exposes nothing there', async (exposure) => {
  const stage = await sound();
  exposing(stage, exposure);
  const found = await stage.cluster.gateway.exposesAllServices(HELLOWORLD);
  expect(found.holds).toBe(false);
  expect(found.seen).toMatch(/^no Gateway exposes/);
});

test('a listener that does not pass calls on refutes what the Gateway says', async () => {
  const stage = await sound();
  stage.gatewaySays('config_dump?resource=dynamic_listeners', { configs: [] });
  const found = await stage.cluster.gateway.exposesAllServices(HELLOWORLD);
  expect(found.holds).toBe(false);
  expect(found.seen).toContain('does not pass on helloworld.sample.svc.cluster.local');
});

test('openness is stated for a gateway that is open, and for one that is not', async () => {
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const entry = { address: '127.0.0.1', port: (listener.address() as AddressInfo).port };
  const { cluster } = await sound(entry);
  expect(await cluster.gateway.openness()).toEqual({
    seen: 'it is open to where the harness runs, and its Service has the ports 15021, 15443 for any address',
    figures: { toTheHarness: 'open', ports: '15021, 15443', sources: 'any address' },
  });
  await new Promise((resolve) => listener.close(resolve));
  expect((await cluster.gateway.openness()).figures).toMatchObject({ toTheHarness: 'closed' });
});

/** A prober in cluster2, whose commands run here. */
function proberBeside({ scene, cluster, pod }: GatewayScene): ScenarioCluster {
  pod('sample', 'prober-1', { labels: { app: 'prober' } });
  const client = { ...cluster.member.client, exec: localExec() };
  return new ScenarioCluster(scene, { ...cluster.member, topology: clusterTopology('cluster2'), client });
}

test('a gateway that its load balancer does not know yet is waited for, and it is told how long', async () => {
  const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  const stage = await gatewayScene({ address: '127.0.0.1', port });
  opened.push(stage);
  const { scene, cluster } = stage;
  const { context } = scene;
  const appsDirectory = join(import.meta.dirname, '../../fixtures/apps');
  const there = new ScenarioCluster({ ...scene, context: { ...context, appsDirectory } }, cluster.member);
  const from = proberBeside(stage);
  expect(await there.gateway.isEnteredFrom(from, 700)).toMatch(
    /^waited 700 ms for connections of a pod in cluster2 to 127\.0\.0\.1, port \d+, the gateway of cluster1; last seen: .*ECONNREFUSED/,
  );
  const soon = setTimeout(() => listener.listen(port, '127.0.0.1'), 1000);
  const entered = await there.gateway.isEnteredFrom(from, 20_000);
  clearTimeout(soon);
  listener.close();
  const [, seconds] =
    /^a pod in cluster2 got to 127\.0\.0\.1, port \d+, .* after ([\d.]+) s$/.exec(entered) ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(1);
});

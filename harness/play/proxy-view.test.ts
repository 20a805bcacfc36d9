import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { connect } from '../cluster/cluster.ts';
import type { Member } from '../mesh/types.ts';
import { ProxyView } from './proxy-view.ts';
import { ScenarioCluster } from './scenario-cluster.ts';
import type { Scene } from './scene.ts';

const NAMESPACE = 'sample';
const GLOBAL = { host: 'reviews.sample.global', port: 9080 };

let local: LocalScene;
let server: FakeApiServer;
let member: Member;
let scene: Scene;
let proxy: ProxyView;
let cluster2: ScenarioCluster;

beforeEach(async () => {
  local = await localScene({});
  server = await startApiServer();
  const kubeconfig = await server.kubeconfig();
  const client = await connect({ name: 'cluster1', kubeconfig });
  member = { topology: clusterTopology('cluster1'), provided: { name: 'cluster1', kubeconfig }, client };
  scene = withGateway(local.scene, '172.18.0.3');
  for (const [app, podIP] of [
    ['sleep', '10.10.0.4'],
    ['reviews', '10.10.0.5'],
  ]) {
    const metadata = { name: `${app ?? ''}-1`, namespace: NAMESPACE, labels: { app: app ?? '' } };
    const status = { podIP, conditions: [{ type: 'Ready', status: 'True' }] };
    server.put({ apiVersion: 'v1', kind: 'Pod', metadata, status });
  }
  proxy = new ProxyView(scene, new ScenarioCluster(scene, member), 'sleep');
  cluster2 = cluster2In(scene);
});

const cluster2In = (mesh: Scene): ScenarioCluster =>
  new ScenarioCluster(mesh, { ...member, topology: clusterTopology('cluster2') });

afterEach(async () => {
  await member.client.close();
  await server.close();
  await local.close();
});

/** The same scene in a mesh where cluster2 has a gateway at this address. */
function withGateway(from: Scene, address: string): Scene {
  const gateway = {
    namespace: 'istio-system',
    service: 'gw',
    deployment: 'gw',
    selector: {},
    port: 15443,
    listenerPorts: [15443],
    addresses: [address],
  };
  const found = {
    cluster: 'cluster2',
    clusterId: 'cluster2',
    configuredBy: 'cluster2',
    network: 'network2',
    controlPlanes: [],
    injectionLabel: { key: 'istio-injection', value: 'enabled' },
    eastWestGateway: gateway,
    rootFingerprint: null,
  };
  const { context } = from;
  return { ...from, context: { ...context, mesh: { ...context.mesh, clusters: { cluster2: found } } } };
}

/** What the proxy of sleep holds: endpoints by Envoy's name of the cluster. */
function holds(name: string, ...endpoints: readonly (readonly [string, number, string?])[]): void {
  const hosts = endpoints.map(([address, port, hostname]) => ({
    hostname,
    address: { socket_address: { address, port_value: port } },
    health_status: { eds_health_status: 'HEALTHY' },
  }));
  const stdout = JSON.stringify({ cluster_statuses: [{ name, host_statuses: hosts }] });
  server.printed.set(`${NAMESPACE}/sleep-1 pilot-agent request GET clusters?format=json`, { stdout });
}

test.each([
  ["the gateway's address and port", [['172.18.0.3', 15443]], true],
  [
    'the gateway and another address',
    [
      ['172.18.0.3', 15443],
      ['10.20.0.5', 9080],
    ],
    false,
  ],
  ['the gateway at another port', [['172.18.0.3', 9080]], false],
  ['no endpoint', [], false],
] as const)(
  'a host leads through the gateway of another cluster with %s: %s',
  async (_what, endpoints, expected) => {
    holds('outbound|9080||reviews.sample.global', ...endpoints);
    expect((await proxy.sendsThroughGatewayOf(cluster2, GLOBAL)).holds).toBe(expected);
  },
);

test.each([
  ['resolved from it', 'lb.example.com', 15443, true],
  ['resolved from another one', 'other.example.com', 15443, false],
  ['resolved from it, at another port', 'lb.example.com', 9080, false],
] as const)(
  'with a gateway known by its hostname, an endpoint that is %s',
  async (_what, name, port, expected) => {
    const named = withGateway(scene, 'lb.example.com');
    holds('outbound|9080||reviews.sample.global', ['203.0.113.9', port, name]);
    const view = new ProxyView(named, new ScenarioCluster(named, member), 'sleep');
    expect(await view.sendsThroughGatewayOf(cluster2In(named), GLOBAL)).toMatchObject({
      holds: expected,
      seen: expect.stringContaining(
        `to 203.0.113.9:${String(port)} (${name}); expected lb.example.com:15443`,
      ) as string,
    });
  },
);

test('a subset is looked at for itself', async () => {
  holds('outbound|9080|v2|reviews.sample.global', ['172.18.0.3', 15443]);
  expect(await proxy.sendsThroughGatewayOf(cluster2, { ...GLOBAL, subset: 'v2' })).toMatchObject({
    holds: true,
    seen: 'sleep in cluster1 sends calls to subset v2 of reviews.sample.global to 172.18.0.3:15443; expected 172.18.0.3:15443',
  });
  expect(await proxy.sendsThroughGatewayOf(cluster2, { ...GLOBAL, subset: 'v3' })).toMatchObject({
    holds: false,
    seen: expect.stringContaining('to no endpoint; expected') as string,
  });
});

test.each([
  ['its own pod alone', [['10.10.0.5', 9080]], true],
  [
    "another cluster's gateway too",
    [
      ['10.10.0.5', 9080],
      ['172.18.0.3', 15443],
    ],
    false,
  ],
  ['nothing', [], false],
] as const)('a service stays inside with %s: %s', async (_what, endpoints, expected) => {
  holds('outbound|9080||reviews.sample.svc.cluster.local', ...endpoints);
  expect((await proxy.keepsInside('reviews', 9080)).holds).toBe(expected);
});

/** A pod of sleep with a proxy, made at this second. */
function injected(name: string, second: string, isReady: boolean): void {
  const status = JSON.stringify({ revision: 'asm-1131-0' });
  const metadata = {
    name,
    namespace: NAMESPACE,
    labels: { app: 'sleep' },
    annotations: { 'sidecar.istio.io/status': status },
    creationTimestamp: `2026-01-01T00:00:${second}Z`,
  };
  const containers = ['sleep', 'istio-proxy'].map((container) => ({ name: container }));
  const containerStatuses = [
    { name: 'sleep', ready: true },
    { name: 'istio-proxy', ready: isReady },
  ];
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  server.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers },
    status: { conditions, containerStatuses },
  });
}

test('a new pod whose proxy does not get ready is not passed over for the old one that is', async () => {
  injected('sleep-2', '01', true);
  expect(await proxy.isOfRevision('asm-1131-0')).toMatchObject({ holds: true });
  injected('sleep-3', '02', false);
  expect(await proxy.isOfRevision('asm-1131-0')).toMatchObject({
    holds: false,
    seen: 'sleep-3 in cluster1 is 1/2, its proxy of asm-1131-0; expected asm-1131-0',
  });
});

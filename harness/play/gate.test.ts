import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { connect } from '../cluster/cluster.ts';
import { outbound } from '../mesh/istio/proxy.ts';
import type { Feature, Member, MeshInCluster } from '../mesh/types.ts';
import type { GateRecord } from '../report/types.ts';
import { passGate } from './gate.ts';

const NAMESPACE = 'sample';
const HOST = `helloworld.${NAMESPACE}.svc.cluster.local`;
const GATEWAY = {
  namespace: 'istio-system',
  service: 'gw',
  deployment: 'gw',
  selector: {},
  port: 15443,
  listenerPorts: [15443],
};

let servers: readonly [FakeApiServer, FakeApiServer];
let members: readonly [Member, Member];

beforeEach(async () => {
  servers = [await startApiServer(), await startApiServer()];
  members = [await memberOf('cluster1', servers[0]), await memberOf('cluster2', servers[1])];
  for (const [index, server] of servers.entries()) {
    const spec = { selector: { app: 'helloworld' }, ports: [{ port: 5000 }] };
    server.put({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'helloworld', namespace: NAMESPACE },
      spec,
    });
    pod(server, 'helloworld-1', { app: 'helloworld' }, `10.${String(index + 1)}0.0.5`);
  }
});
afterEach(async () => {
  await Promise.all(members.map(({ client }) => client.close()));
  await Promise.all(servers.map((server) => server.close()));
});

async function memberOf(name: string, server: FakeApiServer): Promise<Member> {
  const kubeconfig = await server.kubeconfig();
  const client = await connect({ name, kubeconfig });
  return { topology: clusterTopology(name), provided: { name, kubeconfig }, client };
}

interface Changed {
  readonly namespace?: string;
  readonly ready?: 'True' | 'False';
  readonly deletionTimestamp?: string;
}

function pod(
  server: FakeApiServer,
  name: string,
  labels: Record<string, string>,
  podIP: string,
  { namespace = NAMESPACE, ready = 'True', ...metadata }: Changed = {},
): void {
  const status = { podIP, conditions: [{ type: 'Ready', status: ready }] };
  server.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels, ...metadata }, status });
}

type Held = string | { readonly unhealthy: string } | { readonly gateway: string };

/** What the caller's proxy holds. */
function proxyHolds(...held: readonly Held[]): void {
  const hosts = held.map((one) => {
    const { address, port = 5000, health = 'HEALTHY' } = read(one);
    return {
      address: { socket_address: { address, port_value: port } },
      health_status: { eds_health_status: health },
    };
  });
  const stdout = JSON.stringify({
    cluster_statuses: [{ name: outbound({ host: HOST, port: 5000 }), host_statuses: hosts }],
  });
  servers[0].printed.set(`${NAMESPACE}/sleep-1 pilot-agent request GET clusters?format=json`, { stdout });
}

function read(one: Held): {
  address: string;
  port?: number;
  health?: string;
} {
  if (typeof one === 'string') return { address: one };
  if ('gateway' in one) return { address: one.gateway, port: GATEWAY.port };
  return { address: one.unhealthy, health: 'UNHEALTHY' };
}

const inCluster = (network: string, addresses: readonly string[] | null = null): MeshInCluster => ({
  cluster: '',
  clusterId: '',
  configuredBy: 'cluster1',
  network,
  controlPlanes: [],
  injectionLabel: { key: 'istio-injection', value: 'enabled' },
  eastWestGateway: addresses === null ? null : { ...GATEWAY, addresses },
  rootFingerprint: null,
});

const FLAT: Readonly<Record<'cluster1' | 'cluster2', MeshInCluster>> = {
  cluster1: { ...inCluster('network1'), clusterId: 'cluster1' },
  cluster2: { ...inCluster('network1'), clusterId: 'cluster2' },
};
const gateways = (...addresses: readonly string[]): typeof FLAT => ({
  cluster1: inCluster('network1'),
  cluster2: inCluster('network2', addresses),
});

/** The gate, with the patience of a test. */
async function pass(
  clusters = FLAT,
  features: readonly Feature[] = ['endpoint-discovery'],
  network = clusters.cluster2.network ?? '',
): Promise<GateRecord> {
  return passGate({
    caller: members[0],
    proxy: { namespace: NAMESPACE, pod: 'sleep-1' },
    members: [members[0], { ...members[1], topology: clusterTopology('cluster2', { network }) }],
    mesh: { name: 'Istio', version: '1', dataPlane: 'sidecar', clusters, features },
    service: { name: 'helloworld', namespace: NAMESPACE, port: 5000 },
    patienceMs: 2500,
  });
}

describe('on one network', () => {
  test('the gate is reached when the proxy holds the pods of both clusters, twice in a row', async () => {
    proxyHolds('10.10.0.5', '10.20.0.5');
    const gate = await pass();
    expect(gate).toMatchObject({ reached: true, sawLast: 'all endpoints' });
    expect(gate.waitedMs).toBeGreaterThan(250);
    expect(gate.endpoints).toEqual(['10.10.0.5:5000 weight 1', '10.20.0.5:5000 weight 1']);
  });

  test.each([
    ['lacks those of the other cluster', ['10.10.0.5'], 'no healthy endpoint 10.20.0.5 for cluster2'],
    [
      'holds them unhealthy',
      ['10.10.0.5', { unhealthy: '10.20.0.5' }],
      'no healthy endpoint 10.20.0.5 for cluster2',
    ],
    ['still holds one that is gone', ['10.10.0.5', '10.20.0.5', '10.20.0.9'], 'stale endpoint 10.20.0.9'],
  ])('at its deadline it says what is wrong when the proxy %s', async (_what, addresses, sawLast) => {
    proxyHolds(...addresses);
    expect(await pass()).toMatchObject({ reached: false, sawLast });
  });

  test('pods that are not ready, or leave, need not be known', async () => {
    pod(servers[1], 'helloworld-2', { app: 'helloworld' }, '10.20.0.6', { ready: 'False' });
    pod(servers[1], 'helloworld-3', { app: 'helloworld' }, '10.20.0.7', {
      deletionTimestamp: '2026-01-01T00:00:00Z',
    });
    proxyHolds('10.10.0.5', '10.20.0.5');
    expect((await pass()).reached).toBe(true);
  });

  test('a proxy that does not answer is told, not thrown', async () => {
    expect(await pass()).toMatchObject({ reached: false, endpoints: [] });
  });
});

describe('across networks', () => {
  const passesOn = (name: string): void => {
    const labels = { 'topology.istio.io/network': 'network2', istio: 'eastwestgateway' };
    const metadata = { name: GATEWAY.service, namespace: GATEWAY.namespace };
    const spec = { selector: { istio: 'eastwestgateway' } };
    servers[1].put({ apiVersion: 'v1', kind: 'Service', metadata, spec });
    pod(servers[1], 'gw-1', labels, '10.20.0.2', { namespace: 'istio-system' });
    const stdout = JSON.stringify({ configs: [{ server_names: [name] }] });
    const command = 'pilot-agent request GET config_dump?resource=dynamic_listeners';
    servers[1].printed.set(`istio-system/gw-1 ${command}`, { stdout });
  };

  test('the proxy has to hold the address of the gateway, not of the pods behind it', async () => {
    passesOn(`outbound_.5000_._.${HOST}`);
    proxyHolds('10.10.0.5', '172.18.0.3');
    expect((await pass(gateways('172.18.0.3'))).reached).toBe(true);
    proxyHolds('10.10.0.5', '10.20.0.5');
    expect((await pass(gateways('172.18.0.3'))).sawLast).toBe(
      'no healthy endpoint 172.18.0.3 for cluster2; stale endpoint 10.20.0.5',
    );
  });

  test("the gateway's pods are found by its Service, whatever the topology calls its network", async () => {
    passesOn(`outbound_.5000_._.${HOST}`);
    proxyHolds('10.10.0.5', '172.18.0.3');
    expect((await pass(gateways('172.18.0.3'), ['endpoint-discovery'], 'vpc-2')).reached).toBe(true);
  });

  test('another gateway beside it need not pass anything on, though the injector labels it alike', async () => {
    passesOn(`outbound_.5000_._.${HOST}`);
    const labels = { 'topology.istio.io/network': 'network2', istio: 'ingressgateway' };
    pod(servers[1], 'ingress-1', labels, '10.20.0.3', { namespace: 'istio-system' });
    const command = 'pilot-agent request GET config_dump?resource=dynamic_listeners';
    servers[1].printed.set(`istio-system/ingress-1 ${command}`, { stdout: '{"configs":[]}' });
    proxyHolds('10.10.0.5', '172.18.0.3');
    expect(await pass(gateways('172.18.0.3'))).toMatchObject({ reached: true, sawLast: 'all endpoints' });
  });

  test('the gateway has to pass the service on', async () => {
    passesOn('outbound_.80_._.another.sample.svc.cluster.local');
    proxyHolds('10.10.0.5', '172.18.0.3');
    expect((await pass(gateways('172.18.0.3'))).sawLast).toBe(
      `the gateway of cluster2 does not pass on ${HOST}`,
    );
  });

  test('a gateway known by its hostname may have any address, one without an address none', async () => {
    passesOn(`outbound_.5000_._.${HOST}`);
    proxyHolds('10.10.0.5', { gateway: '203.0.113.9' });
    expect((await pass(gateways('lb.example.com'))).reached).toBe(true);
    expect((await pass(gateways())).sawLast).toContain('(its gateway has no address) for cluster2');
  });
});

test.each([
  ['nothing but the pod beside the caller', ['10.10.0.5']],
  ["the other pods' own address", ['10.10.0.5', '10.20.0.5']],
  ["the caller's own pod at the gateway's port", ['10.10.0.5', { gateway: '10.10.0.5' }]],
] as const)('%s is not a gateway that is known by its hostname', async (_what, addresses) => {
  proxyHolds(...addresses);
  expect(await pass(gateways('lb.example.com'))).toMatchObject({
    reached: false,
    sawLast: expect.stringContaining('no healthy endpoint lb.example.com for cluster2') as string,
  });
});

test('a control plane that has not read the other cluster keeps the gate shut', async () => {
  proxyHolds('10.10.0.5', '10.20.0.5');
  pod(servers[0], 'istiod-1', { app: 'istiod' }, '10.10.0.2', { namespace: 'istio-system' });
  const synced = (status: string, id = 'cluster2'): void => {
    const stdout = JSON.stringify([{ id, secretName: 's', syncStatus: status }]);
    servers[0].printed.set('istio-system/istiod-1 pilot-discovery request GET /debug/clusterz', { stdout });
  };
  synced('initial-sync');
  expect((await pass(FLAT, ['endpoint-discovery', 'control-plane-pods'])).sawLast).toBe(
    'cluster2 is initial-sync in the control plane of cluster1',
  );
  synced('synced');
  expect((await pass(FLAT, ['endpoint-discovery', 'control-plane-pods'])).reached).toBe(true);
  // A cluster of the mesh that has no part in the run, and may be switched off.
  synced('timeout', 'staging');
  expect((await pass(FLAT, ['endpoint-discovery', 'control-plane-pods'])).reached).toBe(true);
  const unknown = { ...FLAT, cluster2: { ...FLAT.cluster2, clusterId: null } };
  expect((await pass(unknown, ['endpoint-discovery', 'control-plane-pods'])).sawLast).toContain(
    'staging is timeout',
  );
});

test('control planes that are not told of other clusters need not know what runs there, and must not', async () => {
  proxyHolds('10.10.0.5');
  expect((await pass(gateways('172.18.0.3'), [])).reached).toBe(true);
  proxyHolds('10.10.0.5', '172.18.0.3');
  expect((await pass(gateways('172.18.0.3'), [])).sawLast).toBe('stale endpoint 172.18.0.3');
});

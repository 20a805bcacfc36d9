import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { Fitness } from './fitness.ts';
import { ScenarioCluster } from './scenario-cluster.ts';

let one: GatewayScene;
let other: GatewayScene;

beforeEach(async () => {
  [one, other] = await Promise.all([gatewayScene(), gatewayScene()]);
});
afterEach(async () => {
  await Promise.all([one.close(), other.close()]);
});

function node({ server }: GatewayScene, address: string, podCIDRs: readonly string[] = []): void {
  const status = { addresses: [{ type: 'InternalIP', address }] };
  server.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: address }, spec: { podCIDRs }, status });
}

function pod({ server }: GatewayScene, podIP: string, { phase = 'Running', hostNetwork = false } = {}): void {
  const metadata = { name: `pod-${podIP}`, namespace: 'any' };
  server.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { hostNetwork }, status: { phase, podIP } });
}

const disjoint = (): ReturnType<Fitness['rangesAreDisjoint']> =>
  new Fitness(one.cluster).rangesAreDisjoint(one.cluster, other.cluster);

test('ranges of pods are those that the nodes tell', async () => {
  node(one, '192.0.2.1', ['10.1.0.0/24']);
  node(other, '192.0.2.2', ['10.2.0.0/24']);
  // Pods lie in their own cluster's range: that is no overlap.
  pod(one, '10.1.0.7');
  expect(await disjoint()).toMatchObject({ holds: true, figures: { ranges: 4, overlaps: 0 } });
  node(other, '192.0.2.3', ['10.1.0.0/16']);
  const { holds, seen } = await disjoint();
  expect(holds).toBe(false);
  expect(seen).toMatch(/^10\.1\.0\.0\/16 \(pods of .*\) overlaps 10\.1\.0\.0\/24 \(pods of /);
});

function service({ server }: GatewayScene, clusterIP: string): void {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  server.put({ apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP } });
}

/** As `disjoint`, with the other cluster by a name and a network of its own. */
function disjointOf(network: string): ReturnType<Fitness['rangesAreDisjoint']> {
  const { scene, cluster } = other;
  const clusters = { cluster2: { ...cluster.mesh, cluster: 'cluster2', network } };
  const context = { ...scene.context, mesh: { ...scene.context.mesh, clusters } };
  const topology = { ...cluster.member.topology, name: 'cluster2' };
  const second = new ScenarioCluster({ ...scene, context }, { ...cluster.member, topology });
  return new Fitness(one.cluster).rangesAreDisjoint(one.cluster, second);
}

test.each([
  ['Services of one network', 'default', ['10.1.0.0/24', '10.2.0.0/24'], 0],
  ['Services and pods of two networks', 'eu', ['10.1.0.0/24', '10.1.0.0/16'], 0],
  ['Services and pods of one network', 'default', ['10.1.0.0/24', '10.1.0.0/16'], 1],
] as const)(
  'an overlap is refuted, and told whether it is in the way: %s',
  async (_, network, pods, inTheWay) => {
    node(one, '192.0.2.1', [pods[0]]);
    node(other, '192.0.2.2', [pods[1]]);
    service(one, '34.118.224.1');
    service(other, '34.118.224.1');
    const found = await disjointOf(network);
    expect(found).toMatchObject({ holds: false, figures: { overlapsInTheWay: inTheWay } });
    expect(found.seen).toContain('(Service kubernetes of cluster2) overlaps 34.118.224.1/32 (Service');
    expect(found.seen.includes('the rest of the suite is played all the same')).toBe(inTheWay === 0);
  },
);

test.each(['default', 'eu'])(
  "an overlap of a node is in the way, on the network '%s' too",
  async (network) => {
    node(one, '192.0.2.1', ['10.1.0.0/24']);
    node(other, '10.1.0.9', ['10.2.0.0/24']);
    expect(await disjointOf(network)).toMatchObject({
      holds: false,
      figures: { overlaps: 1, overlapsInTheWay: 1 },
    });
  },
);

test('ranges of nodes that pods do not lie in are those of nobody', async () => {
  node(one, '192.0.2.1', ['10.42.0.0/24']);
  node(other, '192.0.2.2', ['10.42.0.0/24']);
  pod(one, '10.1.0.7');
  pod(other, '10.2.0.7');
  expect(await disjoint()).toMatchObject({ holds: true, figures: { overlaps: 0 } });
});

test('where nodes tell none, the running pods with an address of their own are compared', async () => {
  node(one, '192.0.2.1');
  node(other, '192.0.2.2');
  for (const cluster of [one, other]) {
    pod(cluster, '10.0.0.9', { phase: 'Succeeded' });
    pod(cluster, '192.0.2.9', { hostNetwork: true });
  }
  await expect(disjoint()).rejects.toThrow(
    /neither nodes .* nor pods of cluster1 tell an address of a pod; look: kubectl/,
  );
  pod(one, '10.0.0.1');
  pod(one, '10.0.0.2');
  pod(other, '10.0.0.3');
  const { holds, seen } = await disjoint();
  expect(holds).toBe(true);
  expect(seen).toMatch(
    /^no two that are known overlap: .*pods of cluster1 3 addresses, for the nodes tell no range of their pods$/,
  );
  pod(other, '10.0.0.2');
  expect(await disjoint()).toMatchObject({ holds: false, figures: { overlaps: 1 } });
});

test('a name that nothing tells is a look that failed', async () => {
  const { scene, cluster } = one;
  const clusters = { cluster1: { ...cluster.mesh, clusterId: null } };
  const context = { ...scene.context, mesh: { ...scene.context.mesh, clusters } };
  const nameless = new ScenarioCluster({ ...scene, context }, cluster.member);
  const looking = new Fitness(cluster).namesAreUnique(nameless);
  await expect(looking).rejects.toThrow("the mesh's own name of cluster1");
});

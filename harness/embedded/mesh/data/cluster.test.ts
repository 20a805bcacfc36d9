import { expect, test } from 'vitest';
import type { ClusterConfig, EndpointConfig, OutlierConfig } from '../config.ts';
import { UpstreamCluster, type Host } from './cluster.ts';

const endpoint = (address: string, more: Partial<EndpointConfig> = {}): EndpointConfig => ({
  address,
  port: 1,
  connectPort: 1,
  weight: 1,
  priority: 0,
  locality: { region: '', zone: '' },
  localityWeight: 1,
  mutualTls: false,
  reachable: true,
  ...more,
});

const clusterWith = (endpoints: EndpointConfig[], more: Partial<ClusterConfig> = {}): UpstreamCluster => {
  const config: ClusterConfig = {
    name: 'test',
    serverName: 'test',
    identities: [],
    policy: 'LEAST_REQUEST',
    endpoints,
    connectTimeoutMs: 1,
    maxRequestsPerConnection: 0,
    distributes: false,
    outlier: undefined,
    ...more,
  };
  return new UpstreamCluster(config, () => {
    throw new Error('nothing is connected here');
  });
};

function counts(cluster: UpstreamCluster, n: number): Record<string, number> {
  const found: Record<string, number> = {};
  for (let i = 0; i < n; i++) {
    const { address } = cluster.pick()?.config ?? { address: 'none' };
    found[address] = (found[address] ?? 0) + 1;
  }
  return found;
}

const pickOf = (cluster: UpstreamCluster, address: string): Host => {
  const host = cluster.hosts.find(({ config }) => config.address === address);
  if (host === undefined) throw new Error(`no host ${address}`);
  return host;
};

test('LEAST_REQUEST is a fair coin for who calls one after the other', () => {
  const cluster = clusterWith([endpoint('a'), endpoint('b')]);
  const { a = 0 } = counts(cluster, 10_000);
  expect(Math.abs(a - 5000)).toBeLessThan(250); // five standard deviations
  const runs = Array.from({ length: 2000 }, () => cluster.pick()?.config.address).filter(
    (one, i, all) => i > 0 && one !== all[i - 1],
  ).length;
  expect(Math.abs(runs - 1000)).toBeLessThan(120);
});

test('LEAST_REQUEST avoids who is busy', () => {
  const cluster = clusterWith([endpoint('a'), endpoint('b')]);
  pickOf(cluster, 'a').active = 5;
  const { b = 0 } = counts(cluster, 1000);
  expect(b).toBeGreaterThan(680); // three quarters: a only where both choices are a
});

test('ROUND_ROBIN is exact, and so are unequal weights under LEAST_REQUEST', () => {
  expect(counts(clusterWith([endpoint('a'), endpoint('b')], { policy: 'ROUND_ROBIN' }), 600)).toEqual({
    a: 300,
    b: 300,
  });
  const { local = 0 } = counts(clusterWith([endpoint('local'), endpoint('gateway', { weight: 3 })]), 600);
  expect(Math.abs(local - 150)).toBeLessThanOrEqual(1);
});

test('an endpoint that was away does not make up for it, nor does a locality', () => {
  const [a, b] = [endpoint('a'), endpoint('b', { locality: { region: 'r', zone: 'b' } })];
  const c = endpoint('c', { locality: { region: 'r', zone: 'c' } });
  for (const more of [{ policy: 'ROUND_ROBIN' }, { distributes: true }] as const) {
    const cluster = clusterWith([a, b], more);
    counts(cluster, 300);
    cluster.configure({ ...cluster.config, endpoints: [a, b, c] });
    const after = counts(cluster, 30);
    for (const address of ['a', 'b', 'c'])
      expect(Math.abs((after[address] ?? 0) - 10)).toBeLessThanOrEqual(2);
  }
});

test('RANDOM reaches all', () => {
  const { a = 0, b = 0 } = counts(clusterWith([endpoint('a'), endpoint('b')], { policy: 'RANDOM' }), 1000);
  expect(a + b).toBe(1000);
  expect(a).toBeGreaterThan(400);
});

test('what was tried is avoided while there are others of its priority, and only then', () => {
  const cluster = clusterWith([endpoint('a'), endpoint('b', { priority: 1 })]);
  expect(cluster.pick([pickOf(cluster, 'a')])?.config.address).toBe('a');
  const flat = clusterWith([endpoint('a'), endpoint('b')]);
  expect(flat.pick([pickOf(flat, 'a')])?.config.address).toBe('b');
});

test('localities get the shares that a rule distributes', () => {
  const at = (address: string, zone: string, localityWeight: number): EndpointConfig =>
    endpoint(address, { locality: { region: 'r', zone }, localityWeight });
  const cluster = clusterWith([at('a', 'a', 40), at('b', 'b', 40), at('c', 'c', 20), at('d', 'd', 0)], {
    distributes: true,
  });
  const { a = 0, b = 0, c = 0, d = 0 } = counts(cluster, 600);
  expect(Math.max(Math.abs(a - 240), Math.abs(b - 240), Math.abs(c - 120))).toBeLessThanOrEqual(2);
  expect(d).toBe(0);
});

const OUTLIER: OutlierConfig = {
  consecutive5xx: 1,
  consecutiveGatewayErrors: 0,
  intervalMs: 10,
  baseEjectionMs: 60,
  maxEjectionPercent: 100,
};

test('who fails is left out, the next priority takes over, and it comes back after its time', async () => {
  const cluster = clusterWith([endpoint('near'), endpoint('far', { priority: 1 })], { outlier: OUTLIER });
  expect(counts(cluster, 50)).toEqual({ near: 50 });
  cluster.report(pickOf(cluster, 'near'), 503);
  expect(counts(cluster, 50)).toEqual({ far: 50 });
  await new Promise((resolve) => setTimeout(resolve, 90));
  expect(counts(cluster, 50)).toEqual({ near: 50 });
});

test('answers that are no errors start the count anew', () => {
  const cluster = clusterWith([endpoint('a'), endpoint('b')], { outlier: { ...OUTLIER, consecutive5xx: 2 } });
  const a = pickOf(cluster, 'a');
  for (const status of [500, 200, 500, 404]) cluster.report(a, status);
  expect(a.health.isEjected(Date.now())).toBe(false);
  cluster.report(a, 500);
  cluster.report(a, 500);
  expect(a.health.isEjected(Date.now())).toBe(true);
});

test('no more are left out than the rule allows, but one always', () => {
  const cluster = clusterWith([endpoint('a'), endpoint('b')], {
    outlier: { ...OUTLIER, maxEjectionPercent: 10, baseEjectionMs: 60_000 },
  });
  cluster.report(pickOf(cluster, 'a'), 500);
  cluster.report(pickOf(cluster, 'b'), 500);
  expect(counts(cluster, 20)).toEqual({ b: 20 });
});

test('when all are left out there is nobody', () => {
  const cluster = clusterWith([endpoint('a')], { outlier: OUTLIER });
  cluster.report(pickOf(cluster, 'a'), 500);
  expect(cluster.pick()).toBeUndefined();
});

test('an endpoint keeps its connections over a change of the others', () => {
  const cluster = clusterWith([endpoint('a'), endpoint('b')]);
  const { pool } = pickOf(cluster, 'a');
  cluster.configure({ ...cluster.config, endpoints: [endpoint('a', { weight: 2 }), endpoint('c')] });
  expect(pickOf(cluster, 'a').pool).toBe(pool);
  expect(cluster.hosts.map(({ config }) => config.address)).toEqual(['a', 'c']);
});

import { describe, expect, test } from 'vitest';
import type { ProxyConfig } from '../mesh/config.ts';
import { sleep } from '../../wait/wait.ts';
import { config, local, NAME, node, only, place, remote, told } from './testing.ts';

const here = place(true);
const routesOf = (altered: ProxyConfig) => altered.hosts.get('helloworld:5000')?.routes ?? [];

/** With a rule that sends everything to one subset. */
function ruled(): ProxyConfig {
  const plain = config(local, remote);
  const routes = routesOf(plain).map((route) => ({
    ...route,
    targets: [{ cluster: NAME.replace('||', '|v1|'), weight: 1 }],
  }));
  return { ...plain, hosts: new Map([['helloworld:5000', { name: 'helloworld', routes }]]) };
}

describe('what changes in time', () => {
  test('pinned connections have one endpoint at a time, and both in turn', async () => {
    const alter = only('connections-pinned').alter(here);
    const seen = new Set<string>();
    const begin = Date.now();
    while (seen.size < 2 && Date.now() - begin < 5_000) {
      await sleep(50);
      const [address = '', ...more] = told(alter(config(local, remote), node));
      expect(more).toEqual([]);
      seen.add(address);
    }
    expect([...seen].sort()).toEqual(['127.1.1.1', '127.2.1.1']);
  });

  test('a late watch tells of other clusters what was so before, and of the own one what is', async () => {
    const alter = only('remote-watch-late', '0.1').alter(here);
    expect(told(alter(config(local), node))).toEqual(['127.1.1.1']);
    expect(told(alter(config(local, remote), node))).toEqual(['127.1.1.1']);
    await sleep(120);
    expect(told(alter(config(remote), node))).toEqual(['127.2.1.1']);
  });

  test('a lossy failover loses calls once an endpoint is gone, and for a while', async () => {
    const alter = only('failover-lossy', '40').alter({ ...here, timeScale: 0.01 });
    const abort = (...args: Parameters<typeof config>) => routesOf(alter(config(...args), node))[0]?.abort;
    expect(abort(local, remote)).toBeUndefined();
    expect(abort(local)).toEqual({ status: 503, percent: 40 });
    await sleep(70);
    expect(abort(local)).toBeUndefined();
  });

  test('a rule that was there stays when it is taken away', () => {
    const alter = only('rules-never-removed').alter(here);
    expect(routesOf(alter(config(local), node))[0]?.targets[0]?.cluster).toBe(NAME);
    alter(ruled(), node);
    expect(routesOf(alter(config(local), node))[0]?.targets[0]?.cluster).toContain('|v1|');
  });
});

test('the gateway knows services without subsets, and no subset', () => {
  const chains = new Map([
    ['outbound_.5000_._.helloworld.ns.svc.cluster.local', 'a'],
    ['outbound_.5000_.v1_._.helloworld.ns.svc.cluster.local', 'b'],
  ]);
  const gateway = { ...config(local), passThrough: [{ port: 15_443, chains }] };
  const altered = only('subset-missing-at-gateway').alter(here)(gateway, { ...node, isGateway: true });
  expect([...(altered.passThrough[0]?.chains.values() ?? [])]).toEqual(['a']);
});

test('certificates of the other cluster are of a later time, those of the first of one account', () => {
  expect(only('clock-ahead').certificates(here)).toEqual({});
  expect(only('clock-ahead').certificates(place(false))).toEqual({ skewMs: 172_800_000 });
  expect(only('identity-shared').certificates(here)).toEqual({ account: 'default' });
});

test('without outlier detection the connect timeout is the default too', () => {
  const altered = only('outlier-detection-missing').alter(here)(config(local), node);
  expect(altered.clusters.get(NAME)).toMatchObject({ outlier: undefined, connectTimeoutMs: 10_000 });
});

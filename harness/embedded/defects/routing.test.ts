import { describe, expect, test } from 'vitest';
import type { ClusterConfig, ProxyConfig } from '../mesh/config.ts';
import type { ProxyNode } from '../mesh/proxy.ts';
import { effectsOf } from './index.ts';

const place = { cluster: 'cluster1', isFirst: true, timeScale: 1, isOwn: () => true };
const group = (name: string, ...addresses: string[]): [string, ClusterConfig] => [
  name,
  {
    name,
    serverName: 'of a rule',
    endpoints: addresses.map((address) => ({ address })),
  } as unknown as ClusterConfig,
];

/** What a proxy is told that has these groups of endpoints, under one defect. */
function told(
  [defect, value]: readonly [string, string?],
  groups: readonly [string, ClusterConfig][],
  isGateway = false,
): ProxyConfig {
  const [a, b] = ['a', 'b'].map((cluster) => ({ cluster, weight: 50 }));
  const routes = [{ targets: [a, b] }, { targets: [a] }];
  const config = {
    clusters: new Map(groups),
    hosts: new Map([['reviews:9080', { name: 'reviews', routes }]]),
  };
  const effects = effectsOf([value === undefined ? { name: defect } : { name: defect, value }]);
  return effects.alter(place)(config as unknown as ProxyConfig, { isGateway } as ProxyNode);
}

describe('of declared routes', () => {
  const service = group('outbound|9080|v2|reviews.ns.svc.cluster.local', '127.1.1.1');
  const entry = group('outbound|9080|v2|reviews.ns.global', '127.2.1.1');

  test('sidecars know no ServiceEntry, and gateways still do', () => {
    expect([...told(['service-entries-ignored'], [service, entry]).clusters.keys()]).toEqual([service[0]]);
    expect(told(['service-entries-ignored'], [service, entry], true).clusters.size).toBe(2);
  });

  test("sidecars ask for a group's own server name, whatever the rule says", () => {
    const { clusters } = told(['server-name-ignored'], [entry]);
    expect(clusters.get(entry[0])?.serverName).toBe('outbound_.9080_.v2_.reviews.ns.global');
  });

  test('a gateway leads a subset to all pods of its service, and to no others', () => {
    const whole = group('outbound_.9080_._.reviews.ns.global', 'v2', 'v3');
    const subset = group('outbound_.9080_.v2_.reviews.ns.global', 'v2');
    const other = group('outbound_.9080_._.ratings.ns.global', 'ratings');
    const { clusters } = told(['gateway-ignores-subsets'], [whole, subset, other], true);
    expect(clusters.get(subset[0])?.endpoints).toEqual([{ address: 'v2' }, { address: 'v3' }]);
    expect(clusters.get(other[0])?.endpoints).toEqual([{ address: 'ratings' }]);
  });

  test.each([
    [undefined, [65, 35]],
    ['60/40', [60, 40]],
  ])('routes to several have the weights %s, and others their own', (value, weights) => {
    const { hosts } = told(value === undefined ? ['route-weights'] : ['route-weights', value], []);
    const shares = hosts
      .get('reviews:9080')
      ?.routes.map(({ targets }) => targets.map(({ weight }) => weight));
    expect(shares).toEqual([weights, [50]]);
  });

  test('a secret that was left makes control planes know of others that are to be apart', () => {
    expect([effectsOf([{ name: 'remote-secret-left' }]).discovers, effectsOf([]).discovers]).toEqual([
      true,
      false,
    ]);
  });
});

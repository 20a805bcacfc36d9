import { expect, test } from 'vitest';
import { gatewayScene } from '../../../fixtures/gateway-scene.ts';
import type { MeshMember } from '../preflight.ts';
import { checkNetworks, variantOfClusters } from './compare.ts';

const cluster = (
  network: string | null,
  hasGateway = false,
): Parameters<typeof variantOfClusters>[0][number] => ({
  cluster: 'cluster1',
  clusterId: 'cluster1',
  configuredBy: 'cluster1',
  network,
  controlPlanes: [],
  injectionLabel: { key: 'istio-injection', value: 'enabled' },
  eastWestGateway: hasGateway
    ? {
        namespace: 'n',
        service: 's',
        deployment: 'd',
        selector: {},
        addresses: ['198.51.100.1'],
        port: 15443,
        listenerPorts: [15443],
      }
    : null,
  rootFingerprint: null,
});

test('one network, named or not, is flat', () => {
  expect(variantOfClusters([cluster('a'), cluster('a')])).toBe('flat');
  expect(variantOfClusters([cluster(null), cluster(null)])).toBe('flat');
});

test('several networks are joined by gateways, also when one has lost its own; without any they are neither', () => {
  expect(variantOfClusters([cluster('a', true), cluster('b', true)])).toBe('gateways');
  expect(variantOfClusters([cluster('a', true), cluster('b')])).toBe('gateways');
  expect(variantOfClusters([cluster('a'), cluster('b')])).toBeUndefined();
});

test.each([
  ['a', 'info', /cluster3: network3; .*cluster3: a \(variant gateways\); its scenarios are played/],
  ['c', undefined, /./],
] as const)(
  'three clusters on networks a, b and %s are several networks, as the variant wants',
  async (third, severity, message) => {
    const scene = await gatewayScene();
    const { client } = scene.cluster.member;
    await scene.close();
    const members = ['a', 'b', third].map((network, index): MeshMember => {
      const name = `cluster${String(index + 1)}`;
      const mesh = { ...cluster(network, true), cluster: name };
      return { name, mesh, expectedNetwork: `network${String(index + 1)}`, client };
    });
    const expected = {
      subject: 'mesh',
      severity,
      message: expect.stringMatching(message) as string,
      remedy: null,
    };
    expect(checkNetworks(members)).toEqual(severity === undefined ? [] : [expected]);
  },
);

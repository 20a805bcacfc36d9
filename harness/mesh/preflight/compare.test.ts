import { expect, test } from 'vitest';
import { variantOfClusters } from './compare.ts';

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

import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import type { RunContext } from './context.ts';
import { Joining } from './joining.ts';
import type { Finding } from './stage.ts';

const LABEL = 'istio=ingressgateway';
const labels = { istio: 'ingressgateway' };

let local: GatewayScene;
beforeEach(async () => {
  local = await gatewayScene();
  local.pod(local.scene.namespace, 'ingress-1', { labels });
});
afterEach(async () => {
  await local.close();
});

function service(ports: readonly object[], status: object = {}): void {
  const metadata = { name: 'ingress', namespace: local.scene.namespace, labels };
  local.server.put({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports }, status });
}

function node(): void {
  const status = {
    conditions: [{ type: 'Ready', status: 'True' }],
    addresses: [{ type: 'InternalIP', address: '192.0.2.2' }],
  };
  local.server.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' }, status });
}

const findsGatewayBy = (ingressAddress: RunContext['ingressAddress']): Promise<Finding> => {
  const { scene, cluster } = local;
  return new Joining({ ...scene, context: { ...scene.context, ingressAddress } }, cluster).findsGateway(
    LABEL,
  );
};

test("by node port a gateway's address is a node's, and no load balancer is missed", async () => {
  service([{ name: 'http2', port: 80, nodePort: 30_080 }]);
  node();
  expect(await findsGatewayBy('node-port')).toEqual({
    holds: true,
    seen: `with ${LABEL}: 1 of 1 pods ready, addresses 192.0.2.2:30080`,
  });
});

test('by node port a Service that has none is not found, whatever a load balancer gave it', async () => {
  service([{ name: 'http2', port: 80 }], { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } });
  node();
  expect(await findsGatewayBy('node-port')).toMatchObject({ holds: false });
});

test.each(['given', 'load-balancer'] as const)(
  'by %s the address is in the status, or nowhere',
  async (by) => {
    node();
    service([{ name: 'http2', port: 80, nodePort: 30_080 }]);
    expect(await findsGatewayBy(by)).toMatchObject({ holds: false });
    service([{ name: 'http2', port: 80 }], { loadBalancer: { ingress: [{ hostname: 'lb.example.com' }] } });
    expect(await findsGatewayBy(by)).toMatchObject({
      holds: true,
      seen: expect.stringContaining('addresses lb.example.com:80') as string,
    });
  },
);

test('a gateway whose pods are not ready is not found', async () => {
  service([{ name: 'http2', port: 80 }], { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } });
  local.pod(local.scene.namespace, 'ingress-1', { labels, deletionTimestamp: '2026-01-01T00:00:00Z' });
  expect(await findsGatewayBy('load-balancer')).toMatchObject({ holds: false });
});

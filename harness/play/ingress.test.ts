import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasIPv6 } from '../../fixtures/ipv6.ts';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import type { RunContext } from './context.ts';
import { addressOfGateway } from './ingress.ts';

let local: GatewayScene;
let visited: Server;
let port: number;

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const visitedAt = async (host: string): Promise<Server> => {
  const server = createServer((_request, response) => response.end('hello')).listen(0, host);
  await once(server, 'listening');
  return server;
};

beforeEach(async () => {
  local = await gatewayScene();
  visited = await visitedAt('127.0.0.1');
  port = portOf(visited);
});
afterEach(async () => {
  visited.close();
  await local.close();
});

function service(ports: readonly object[], status: object = {}): void {
  const { namespace } = local.scene;
  const metadata = { name: 'ingress', namespace };
  local.server.put({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports }, status });
}

function node(name: string, ready: 'True' | 'False', addresses: Readonly<Record<string, string>>): void {
  const status = {
    conditions: [{ type: 'Ready', status: ready }],
    addresses: Object.entries(addresses).map(([type, address]) => ({ type, address })),
  };
  local.server.put({ apiVersion: 'v1', kind: 'Node', metadata: { name }, status });
}

const addressBy = (
  ingressAddress: RunContext['ingressAddress'],
  { timeoutMs }: Pick<RunContext, 'timeoutMs'> = local.scene.context,
): Promise<string> =>
  addressOfGateway(
    { ...local.scene, context: { ...local.scene.context, ingressAddress, timeoutMs } },
    local.cluster.member,
    'ingress',
  );

test('by node port it is that of a node that is ready, from outside if it has such an address', async () => {
  service([
    { name: 'status-port', port: 15021, nodePort: 1 },
    { name: 'http2', port: 80, nodePort: port },
  ]);
  node('away', 'False', { ExternalIP: '192.0.2.1' });
  node('inside', 'True', { Hostname: 'inside', InternalIP: '192.0.2.2' });
  node('outside', 'True', { InternalIP: '192.0.2.3', ExternalIP: '127.0.0.1' });
  expect(await addressBy('node-port')).toBe(`127.0.0.1:${String(port)}`);
});

test('a node that has no address for the outside is visited inside', async () => {
  service([{ port: 80, nodePort: port }]);
  node('inside', 'True', { Hostname: 'inside', InternalIP: '127.0.0.1' });
  expect(await addressBy('node-port')).toBe(`127.0.0.1:${String(port)}`);
});

test('by load balancer it is what that gave the Service, an address or a name', async () => {
  service([{ name: 'http2', port }], { loadBalancer: { ingress: [{ hostname: 'localhost' }] } });
  node('inside', 'True', { InternalIP: '192.0.2.2' });
  expect(await addressBy('load-balancer')).toBe(`localhost:${String(port)}`);
});

test('is waited for as long as for any one thing, and missed in words', async () => {
  service([{ name: 'http2', port }]);
  await expect(addressBy('load-balancer', { timeoutMs: 700 })).rejects.toThrow(
    /an address of Service ingress in cluster1 .*--ingress-address node-port/,
  );
});

test.runIf(hasIPv6)('an address of IPv6 is in brackets, as URLs have it', async () => {
  const sixth = await visitedAt('::1');
  try {
    service([{ name: 'http2', port: portOf(sixth), nodePort: portOf(sixth) }], {
      loadBalancer: { ingress: [{ ip: '::1' }] },
    });
    node('inside', 'True', { InternalIP: '::1' });
    expect(await addressBy('load-balancer')).toBe(`[::1]:${String(portOf(sixth))}`);
    expect(await addressBy('node-port')).toBe(`[::1]:${String(portOf(sixth))}`);
  } finally {
    sixth.close();
  }
});

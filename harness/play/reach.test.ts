import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasIPv6 } from '../../fixtures/ipv6.ts';
import { localExec } from '../../fixtures/local-exec.ts';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { reachesApiServer } from './reach.ts';
import { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

let local: GatewayScene;

beforeEach(async () => {
  local = await gatewayScene();
  local.pod(local.scene.namespace, 'prober-1', { labels: { app: 'prober' } });
});
afterEach(() => local.close());

/** A prober, which runs here, knocks at an API server that its peers have at this address. */
function reaches(serverForPeers: string): Promise<Finding> {
  const { member } = local.cluster;
  const context = { ...local.scene.context, appsDirectory: join(import.meta.dirname, '../../fixtures/apps') };
  const scene = { ...local.scene, context };
  const from = new ScenarioCluster(scene, { ...member, client: { ...member.client, exec: localExec() } });
  const provided = { ...member.provided, serverForPeers };
  return reachesApiServer(scene, from, new ScenarioCluster(scene, { ...member, provided }));
}

test('an API server is reached at an address of IPv4', async () => {
  expect(await reaches(local.server.url)).toMatchObject({ holds: true });
});

test.runIf(hasIPv6)(
  'an API server is reached at an address of IPv6, and called by it in brackets',
  async () => {
    const hosts: (string | undefined)[] = [];
    const pair = await local.server.authority.issue({ name: 'kube-apiserver', addresses: ['::1'] });
    const server = createServer(pair, ({ headers }, response) => {
      hosts.push(headers.host);
      response.writeHead(401).end();
    }).listen(0, '::1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const seen = expect.stringContaining(`asked [::1]:${String(port)}, the API server`) as string;
      expect(await reaches(`https://[::1]:${String(port)}`)).toMatchObject({ holds: true, seen });
      expect(hosts).toEqual([`[::1]:${String(port)}`]);
    } finally {
      server.close();
    }
  },
);

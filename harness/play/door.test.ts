import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { localExec } from '../../fixtures/local-exec.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { createRoot, createWorkloadCertificate } from '../mesh/istio/certificates.ts';
import type { Door } from './door.ts';
import { ScenarioCluster } from './scenario-cluster.ts';
import type { Scene } from './scene.ts';

/** Two addresses of one gateway. */
const HOSTS = ['127.0.0.1', '127.0.0.2'];
/** Of the strangers at an address, every so manieth is let in; 0: none, undefined: nobody is served there at all. */
let letsIn: (number | undefined)[];
let strangers: number[];
/** After so many strangers nobody is served at the second address any more. */
let goneAfter: number;
let servers: tls.Server[];
let folder: string;
let gateway: GatewayScene;
let door: Door;

const root = createRoot('The root of the mesh');
const issued = async (account: string): Promise<{ cert: string; key: string; ca: string }> => {
  const authority = await root;
  const identity = `spiffe://cluster.local/ns/sample/sa/${account}`;
  const { certificate, key } = await createWorkloadCertificate(authority, identity);
  return { cert: certificate, key, ca: authority.certificate.toString('pem') };
};

/** The proxy behind the gateway: holders of a certificate of the mesh are served, strangers as the test says. */
function serve(socket: tls.TLSSocket, at: number): void {
  const nth = letsIn[at];
  socket.on('error', () => undefined);
  if (!socket.authorized) strangers[at] = (strangers[at] ?? 0) + 1;
  const isGone = at === 1 && (strangers[at] ?? 0) >= goneAfter;
  const isLetIn = nth !== undefined && nth > 0 && (strangers[at] ?? 0) % nth === 0;
  if (nth === undefined || isGone || !(socket.authorized || isLetIn)) socket.destroy();
  else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'));
}

beforeEach(async () => {
  letsIn = [0, 0];
  strangers = [0, 0];
  goneAfter = Infinity;
  folder = mkdtempSync(join(tmpdir(), 'door-'));
  const [own, caller] = await Promise.all([issued('echo'), issued('prober')]);
  writeFileSync(join(folder, 'cert-chain.pem'), caller.cert);
  writeFileSync(join(folder, 'key.pem'), caller.key);
  servers = HOSTS.map((_, at) =>
    tls.createServer(
      { ...own, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['istio'] },
      (socket) => {
        serve(socket, at);
      },
    ),
  );
  let port = 0;
  for (const [at, server] of servers.entries()) {
    server.on('tlsClientError', () => undefined).listen(port, HOSTS[at]);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }
  gateway = await gatewayScene();
  gateway.pod('sample', 'prober-1', { labels: { app: 'prober' } });
  door = doorAt(port);
});

afterEach(async () => {
  for (const server of servers) server.close();
  await gateway.close();
  rmSync(folder, { recursive: true });
});

/** A prober in cluster2, whose commands run here, before the gateway of cluster1. */
function doorAt(port: number): Door {
  const { scene, cluster } = gateway;
  const { mesh } = cluster;
  if (mesh.eastWestGateway === null) throw new Error('no gateway');
  const clusters = {
    cluster1: { ...mesh, eastWestGateway: { ...mesh.eastWestGateway, addresses: HOSTS, port } },
    cluster2: { ...mesh, cluster: 'cluster2', network: 'another' },
  };
  const { context } = scene;
  const appsDirectory = join(import.meta.dirname, '../../fixtures/apps');
  const changed: Scene = {
    ...scene,
    context: { ...context, appsDirectory, mesh: { ...context.mesh, clusters } },
  };
  const run = localExec();
  const { member } = cluster;
  const from = new ScenarioCluster(changed, {
    ...member,
    topology: clusterTopology('cluster2'),
    client: {
      ...member.client,
      exec: (request) =>
        // Where the pod has a volume with its proxy's certificate.
        run({
          ...request,
          command: request.command.map((word) => word.replaceAll('/certificates/', `${folder}/`)),
        }),
    },
  });
  return from.proberTowards('echo', { port: 8080, in: new ScenarioCluster(changed, member) });
}

test('a door that is shut to every one of many strangers, at every address, is shut, and it is told what that rules out', async () => {
  const found = await door.staysShutTo('TLS without a certificate');
  expect(found).toMatchObject({ holds: true, figures: { calls: 135, letIn: 0 } });
  expect(found.seen).toContain(
    'none of 135 calls with TLS without a certificate to 127.0.0.1, 127.0.0.2, port',
  );
  expect(found.seen).toContain('if 5 % of them got in, that would be missed 1 time in 1,000');
  expect(strangers).toEqual([69, 68]);
});

test('a door that lets in every third stranger is not shut, and no later look can change that', async () => {
  letsIn = [3, 0];
  const found = await door.staysShutTo('a certificate of another root');
  expect(found).toMatchObject({ holds: false, final: true, figures: { calls: 135 } });
  expect(found.figures?.['letIn']).toBeGreaterThan(20);
  expect(found.seen).toContain('with a certificate of another root to 127.0.0.1:');
  expect(found.seen).toContain('HTTP 200');
});

test('a door that opens to the first stranger is looked at again: what shuts it may be on its way', async () => {
  letsIn = [0, 1];
  const found = await door.staysShutTo('TLS without a certificate');
  expect([found.holds, found.final]).toEqual([false, undefined]);
  expect(found.seen).toContain('with TLS without a certificate to 127.0.0.2:');
});

test('a door whose one address is gone by the end has not been seen shut there', async () => {
  goneAfter = 30;
  const found = await door.staysShutTo('TLS without a certificate');
  expect([found.holds, found.final]).toEqual([false, undefined]);
  expect(found.seen).toContain('with the certificate of the mesh to 127.0.0.2:');
});

test('an address where nobody is served says nothing; with no other, the door cannot be judged', async () => {
  letsIn = [0, undefined];
  expect(await door.staysShutTo('TLS without a certificate')).toMatchObject({ holds: true });
  expect(strangers).toEqual([136, 1]);
  letsIn = [undefined, undefined];
  const found = await door.staysShutTo('TLS without a certificate');
  expect([found.holds, found.final]).toEqual([false, undefined]);
  expect(found.seen).toContain('with the certificate of the mesh to 127.0.0.1:');
});

import { expect, test } from 'vitest';
import http from 'node:http';
import { connect } from 'node:net';
import tls from 'node:tls';
import { createRoot } from '../certificates.ts';
import type { ProxyConfig, RouteConfig } from './config.ts';
import { MeshProxy, identityOf } from './proxy.ts';
import {
  HOST,
  SNI,
  NAME,
  addresses,
  certificateOf,
  node,
  endpoint,
  cluster,
  route,
  config,
  until,
  startPath,
  call,
} from './test-path.ts';

test('a call crosses two sidecars and a gateway by mutual TLS, and the callee sees both identities', async () => {
  const path = await startPath();
  const { status, body } = await call(path.at.caller, '/there?x=1');
  expect(status).toBe(200);
  expect(body).toMatch(
    /^hello \/there\?x=1 By=spiffe:\/\/cluster\.local\/ns\/sample\/sa\/callee;Hash=\w{64};/,
  );
  expect(body).toContain(`URI=${identityOf(path.caller.node)}`);
  await path.close();
});

test('a second of processor time is enough for 100 requests, caller and application included, however busy the machine', async () => {
  const path = await startPath();
  for (let i = 0; i < 100; i++) await call(path.at.caller);
  const before = process.cpuUsage();
  for (let i = 0; i < 500; i++) await call(path.at.caller);
  const { user, system } = process.cpuUsage(before);
  const perSecond = 500 / ((user + system) / 1e6);
  expect(perSecond).toBeGreaterThan(100);
  await path.close();
});

test('a callee whose certificate is of another root, or of another account, is refused', async () => {
  const otherRoot = await startPath({}, await createRoot('Another'));
  const refused = await call(otherRoot.at.caller);
  expect(refused.status).toBe(503);
  expect(refused.body).toContain('remote connection failure');
  const otherAccount = await startPath({ identities: ['spiffe://cluster.local/ns/sample/sa/somebody'] });
  expect((await call(otherAccount.at.caller)).body).toContain('verify SAN list');
  await Promise.all([otherRoot.close(), otherAccount.close()]);
});

/** What somebody gets who knocks by hand. */
async function knock(host: string, port: number, secure?: tls.ConnectionOptions): Promise<string> {
  const socket =
    secure === undefined
      ? connect({ host, port })
      : tls.connect({
          host,
          port,
          servername: SNI,
          ALPNProtocols: ['istio'],
          rejectUnauthorized: false,
          ...secure,
        });
  let answer = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write('GET / HTTP/1.1\r\nHost: hello:5000\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  return answer.split('\r\n')[0] ?? '';
}

test.each(['gateway', 'pod'])('at the %s only the right certificate opens', async (where) => {
  const path = await startPath();
  const [host, port] = where === 'gateway' ? [path.at.gateway, 15443] : [path.at.callee, 5000];
  const { chain, key } = path.caller.certificate() ?? { chain: '', key: '' };
  expect(await knock(host, port, { cert: chain, key })).toBe('HTTP/1.1 200 OK');
  expect(await knock(host, port)).toBe('');
  expect(await knock(host, port, {})).toBe('');
  const other = await certificateOf(await createRoot('Another'), 'caller');
  expect(await knock(host, port, { cert: other.chain, key: other.key })).toBe('');
  await path.close();
});

test('who is made not to check others lets a foreign root through, on either side', async () => {
  const path = await startPath({}, await createRoot('Another'));
  expect((await call(path.at.caller)).status).toBe(503);
  for (const proxy of [path.caller, path.callee]) {
    if (proxy.config !== undefined) proxy.configure({ ...proxy.config, checksPeers: false });
  }
  expect((await call(path.at.caller)).status).toBe(200);
  await path.close();
});

test('who is made to let in one stranger of three does so, with and without TLS', async () => {
  const path = await startPath();
  const before = path.callee.config;
  if (before === undefined) throw new Error('not configured');
  path.callee.configure({ ...before, letsInOneOf: 3 });
  const answers: string[] = [];
  for (const secure of [{}, {}, {}, undefined, undefined, undefined])
    answers.push(await knock(path.at.callee, 5000, secure));
  expect(answers).toEqual(['', '', 'HTTP/1.1 200 OK', '', '', 'HTTP/1.1 200 OK']);
  await path.close();
});

test('plaintext is accepted where the mode is PERMISSIVE', async () => {
  const path = await startPath();
  const before = path.callee.config;
  if (before === undefined) throw new Error('not configured');
  path.callee.configure({ ...before, inbound: { ...before.inbound, mode: 'PERMISSIVE' } });
  expect(await knock(path.at.callee, 15006)).toBe('HTTP/1.1 200 OK');
  await path.close();
});

test('an endpoint that cannot be reached is tried no second time while another is there', async () => {
  const at = addresses();
  const path = await startPath();
  const before = path.caller.config;
  if (before === undefined) throw new Error('not configured');
  const lost = { ...endpoint(at.gateway, 15443), reachable: false };
  const clusters = new Map([
    [NAME, cluster(NAME, [lost, endpoint(path.at.gateway, 15443)], { connectTimeoutMs: 300 })],
  ]);
  path.caller.configure({ ...before, clusters });
  for (let i = 0; i < 12; i++) expect((await call(path.at.caller)).status).toBe(200);
  const stats = JSON.parse(path.caller.admin('stats?format=json&filter=.*upstream_rq_retry%24')) as {
    stats: { value: number }[];
  };
  expect(stats.stats[0]?.value).toBeGreaterThan(0);
  await path.close();
});

test('a removed server name lets nothing new in, and ends what it let in after the drain time', async () => {
  const path = await startPath();
  await call(path.at.caller);
  const before = path.gateway.config;
  if (before === undefined) throw new Error('not configured');
  path.gateway.configure({ ...before, passThrough: [{ port: 15443, chains: new Map() }] });
  expect((await call(path.at.caller)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect((await call(path.at.caller)).status).toBe(503);
  await path.close();
});

test('an unknown host is told, and asking for nothing known of the admin interface throws', async () => {
  const path = await startPath();
  const status = await new Promise((resolve) => {
    http.get({ host: path.at.caller, port: 15001, headers: { host: 'nobody:1' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  expect(status).toBe(502);
  expect(() => path.caller.admin('quitquitquit')).toThrow('does not answer /quitquitquit');
  expect(path.gateway.admin('config_dump?resource=dynamic_listeners')).toContain(`"${SNI}"`);
  await path.close();
});

/** A change of what a proxy was told. */
function change(proxy: MeshProxy, more: (before: ProxyConfig) => Partial<ProxyConfig>): void {
  if (proxy.config === undefined) throw new Error('not configured');
  proxy.configure({ ...proxy.config, ...more(proxy.config) });
}

test('behind a gateway a kept connection stays with one pod, unless connections are for one request', async () => {
  const path = await startPath();
  const other = await startPath();
  const second = new MeshProxy(node('callee', `${path.at.callee}0`, other.at.app), 0.01, () => undefined);
  second.configure(config(path.callee.certificate() ?? { chain: '', key: '', root: '' }, {}));
  await until(() => second.isReady());
  const both = [endpoint(path.at.callee, 15006), endpoint(`${path.at.callee}0`, 15006)];
  change(path.gateway, () => ({ clusters: new Map([[SNI, cluster(SNI, both)]]) }));
  const perCallee = async (): Promise<number[]> => {
    const total = ({ stats }: MeshProxy): number => stats.matching(/inbound.*rq_total$/)[0]?.value ?? 0;
    const before = [path.callee, second].map(total);
    for (let i = 0; i < 30; i++) await call(path.at.caller);
    return [path.callee, second].map((proxy, i) => total(proxy) - (before[i] ?? 0));
  };
  expect((await perCallee()).toSorted((a, b) => a - b)).toEqual([0, 30]);
  const one = { maxRequestsPerConnection: 1 };
  change(path.caller, () => ({
    clusters: new Map([[NAME, cluster(NAME, [endpoint(path.at.gateway, 15443)], one)]]),
  }));
  expect(Math.min(...(await perCallee()))).toBeGreaterThan(2);
  await Promise.all([path.close(), other.close(), second.kill()]);
});

const routed = (more: Partial<RouteConfig>): Partial<ProxyConfig> => ({
  hosts: new Map([['hello:5000', { name: HOST, routes: [{ ...route, ...more }] }]]),
});

test('a frozen pod holds requests until a timeout, and answers again when it is thawed', async () => {
  const path = await startPath();
  await call(path.at.caller);
  change(path.caller, () => routed({ timeoutMs: 100 }));
  path.callee.freeze(true);
  expect(await call(path.at.caller)).toEqual({ status: 504, body: 'upstream request timeout' });
  path.callee.freeze(false);
  change(path.caller, () => routed({}));
  expect((await call(path.at.caller)).status).toBe(200);
  path.gateway.freeze(true);
  change(path.caller, () => routed({ timeoutMs: 100 }));
  expect((await call(path.at.caller)).status).toBe(504);
  await path.close();
});

test('faults and weights are by chance, per request', async () => {
  const path = await startPath();
  change(path.caller, () => routed({ abort: { status: 500, percent: 50 } }));
  let aborted = 0;
  for (let i = 0; i < 100; i++) if ((await call(path.at.caller)).status === 500) aborted++;
  expect(aborted).toBeGreaterThan(20);
  expect(aborted).toBeLessThan(80);
  await path.close();
});

test('a proxy that is told to stop serves on while it drains, then not', async () => {
  const path = await startPath({}, undefined, 0.2);
  await call(path.at.caller);
  const stopped = path.gateway.stop();
  expect((await call(path.at.caller)).status).toBe(200);
  await stopped;
  expect((await call(path.at.caller)).status).toBe(503);
  await path.close();
});

/** For tests: a caller, a gateway and a callee with its application, configured by hand. */
import http, { createServer } from 'node:http';
import { createIssuer, createRoot, issue, type RootAuthority } from '../certificates.ts';
import type { ClusterConfig, EndpointConfig, ProxyConfig, RouteConfig } from './config.ts';
import { text } from 'node:stream/consumers';
import { MeshProxy, type ProxyNode } from './proxy.ts';
import type { WorkloadCertificate } from '../types.ts';

export const HOST = 'hello.sample.svc.cluster.local';
export const SNI = `outbound_.5000_._.${HOST}`;
export const NAME = `outbound|5000||${HOST}`;
let block = 100 + Math.floor(Math.random() * 100);
export const addresses = (): { caller: string; gateway: string; callee: string; app: string } => {
  block++;
  const at = (n: number): string => `127.${String(block)}.7.${String(n)}`;
  return { caller: at(1), gateway: at(2), callee: at(3), app: at(4) };
};

export const certificateOf = async (root: RootAuthority, account: string): Promise<WorkloadCertificate> => {
  return issue(await createIssuer(root, 'cluster1'), `spiffe://cluster.local/ns/sample/sa/${account}`);
};

export const node = (name: string, address: string, appAddress = address): ProxyNode => ({
  name,
  namespace: 'sample',
  cluster: 'cluster1',
  network: 'network1',
  revision: 'default',
  isGateway: name === 'gateway',
  labels: {},
  serviceAccount: name,
  address,
  appAddress,
  containerPorts: [5000],
  locality: { region: '', zone: '' },
});

export const endpoint = (address: string, connectPort: number): EndpointConfig => ({
  ...{ address, port: connectPort, connectPort, weight: 1, priority: 0, localityWeight: 1 },
  ...{ locality: { region: '', zone: '' }, mutualTls: true, reachable: true },
});

export const cluster = (
  name: string,
  endpoints: EndpointConfig[],
  more: Partial<ClusterConfig> = {},
): ClusterConfig => ({
  name,
  serverName: SNI,
  identities: ['spiffe://cluster.local/ns/sample/sa/callee'],
  policy: 'LEAST_REQUEST',
  endpoints,
  connectTimeoutMs: 1000,
  maxRequestsPerConnection: 0,
  distributes: false,
  outlier: undefined,
  ...more,
});

export const route: RouteConfig = {
  matches: [],
  targets: [{ cluster: NAME, weight: 1 }],
  timeoutMs: undefined,
  retry: { attempts: 2, perTryMs: undefined, acrossPriorities: false, on: new Set(['connect-failure']) },
  abort: undefined,
};

export const config = (certificate: WorkloadCertificate, more: Partial<ProxyConfig>): ProxyConfig => ({
  version: 1,
  clusters: new Map(),
  hosts: new Map(),
  inbound: { mode: 'STRICT', ports: new Map([[5000, 5000]]) },
  passThrough: [],
  httpListeners: [],
  certificate,
  checksPeers: true,
  letsInOneOf: 0,
  tellsStatus: true,
  ...more,
});

interface Path {
  readonly at: ReturnType<typeof addresses>;
  readonly caller: MeshProxy;
  readonly gateway: MeshProxy;
  readonly callee: MeshProxy;
  readonly close: () => Promise<void>;
}

export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

export async function startPath(
  more: Partial<ClusterConfig> = {},
  foreign?: RootAuthority,
  timeScale = 0.01,
): Promise<Path> {
  const at = addresses();
  const root = await createRoot();
  const app = createServer((request, response) => {
    response.end(`hello ${request.url ?? ''} ${String(request.headers['x-forwarded-client-cert'])}`);
  });
  await new Promise<void>((resolve) => app.listen({ host: at.app, port: 5000 }, resolve));
  const start = (...of: Parameters<typeof node>): MeshProxy =>
    new MeshProxy(node(...of), timeScale, () => undefined);
  const proxies = {
    caller: start('caller', at.caller),
    gateway: start('gateway', at.gateway),
    callee: start('callee', at.callee, at.app),
  };
  const hosts = new Map([['hello:5000', { name: HOST, routes: [route] }]]);
  const clusters = new Map([[NAME, cluster(NAME, [endpoint(at.gateway, 15443)], more)]]);
  proxies.caller.configure(config(await certificateOf(root, 'caller'), { clusters, hosts }));
  const passed = new Map([[SNI, cluster(SNI, [endpoint(at.callee, 15006)])]]);
  const passThrough = [{ port: 15443, chains: new Map([[SNI, SNI]]) }];
  proxies.gateway.configure(config(await certificateOf(root, 'gateway'), { clusters: passed, passThrough }));
  proxies.callee.configure(config(await certificateOf(foreign ?? root, 'callee'), {}));
  await until(() => Object.values(proxies).every((proxy) => proxy.isReady()));
  const close = async (): Promise<void> => {
    await Promise.all(Object.values(proxies).map((proxy) => proxy.kill()));
    app.closeAllConnections();
    app.close();
  };
  return { at, ...proxies, close };
}

const agent = new http.Agent({ keepAlive: true });

/** A request to a sidecar's way out, and its answer. */
export const call = (
  host: string,
  path = '/',
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const asked = { host, port: 15001, path, agent, headers: { host: 'hello:5000', ...headers } };
    const request = http.get(asked, (response) => {
      void text(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, body });
      }, reject);
    });
    request.on('error', reject);
  });

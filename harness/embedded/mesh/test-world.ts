/** For tests: clusters with API servers and meshes, and pods that are only their proxies and an application. */
import { createServer } from 'node:http';
import { afterEach } from 'vitest';
import { takeBlock } from '../addresses.ts';
import { type ApiServer, createStore, startApiServer } from '../api-server/server.ts';
import { exposure, remoteSecret, secret } from '../install.ts';
import type { Proxy, Resource, Store } from '../types.ts';
import { call as callOf } from './test-path.ts';
import { poll } from '../../wait/wait.ts';
import { cacertsOf, createRoot, Mesh, type RootAuthority } from './index.ts';

const TIME_SCALE = 0.1;
export const NAMESPACE = 'sample';

interface Running {
  readonly name: string;
  readonly store: Store;
  readonly mesh: Mesh;
  readonly api: ApiServer;
  readonly block: number;
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const inSystem = (
  kind: string,
  name: string,
  more: Partial<Resource> & { labels?: Record<string, string> },
): Resource => {
  const { labels = {}, ...rest } = more;
  return { apiVersion: 'v1', kind, ...rest, metadata: { name, namespace: 'istio-system', labels } };
};

export async function startCluster(name: string, network: string, root: RootAuthority): Promise<Running> {
  const block = await takeBlock();
  const store = createStore();
  const mesh = new Mesh({ spec: { name, network }, store, root, timeScale: TIME_SCALE });
  const kubelet = { exec: () => Promise.resolve(0), logs: () => '' };
  const api = await startApiServer({ store, kubelet, token: `token-of-${name}`, name });
  const labels = { 'topology.istio.io/network': network };
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system', labels } });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  store.create(secret('cacerts', await cacertsOf(root, name)));
  closing.push(async () => {
    await mesh.close();
    await api.close();
    block.release();
  });
  return { name, store, mesh, api, block: Number(block.prefix.split('.')[1]) };
}

const RUNNING = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

export const startIstiod = ({ store }: Running): void => {
  const labels = { app: 'istiod', 'istio.io/rev': 'default' };
  store.create(
    inSystem('Pod', 'istiod-1', { labels, spec: { containers: [{ name: 'discovery' }] }, status: RUNNING }),
  );
};

export const introduce = (to: Running, other: Running, text = other.api.kubeconfig): void => {
  to.store.create(remoteSecret(other.name, text));
};

/** A pod with its proxy and, for versions, an application. */
export async function startPod(
  at: Running,
  pod: { readonly name: string; readonly n: number; readonly version?: string },
): Promise<{ proxy: Proxy; address: string }> {
  const address = `127.${String(at.block)}.3.${String(pod.n)}`;
  const appAddress = `127.${String(at.block)}.4.${String(pod.n)}`;
  const app: Record<string, string> =
    pod.version === undefined ? { app: pod.name } : { app: 'hello', version: pod.version };
  const containers = [{ name: 'app', ports: [{ containerPort: 5000 }] }, { name: 'istio-proxy' }];
  const created = at.store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, namespace: NAMESPACE, labels: app },
    spec: { serviceAccountName: 'hello', containers },
    status: { ...RUNNING, podIP: address },
  });
  if (pod.version !== undefined) {
    const server = createServer((_request, response) => response.end(pod.version));
    await new Promise<void>((resolve) => server.listen({ host: appAddress, port: 5000 }, resolve));
    closing.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    slice(at, pod.name, address);
  }
  return { proxy: await at.mesh.startProxy(created, address, appAddress), address };
}

const slice = ({ store }: Running, pod: string, address: string): void => {
  store.create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `hello-${pod}`,
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': 'hello' },
    },
    ports: [{ name: 'http-5000', port: 5000 }],
    endpoints: [{ addresses: [address], conditions: { ready: true }, targetRef: { kind: 'Pod', name: pod } }],
  });
};

const helloService = ({ store }: Running): void => {
  store.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hello', namespace: NAMESPACE },
    spec: { selector: { app: 'hello' }, ports: [{ name: 'http-5000', port: 5000, targetPort: 5000 }] },
  });
};

async function startGateway(at: Running, network: string): Promise<Proxy> {
  const address = `127.${String(at.block)}.5.1`;
  const labels = { istio: 'eastwestgateway', 'topology.istio.io/network': network };
  const spec = { ports: [{ name: 'tls', port: 15443, targetPort: 15443 }], selector: labels };
  const status = { loadBalancer: { ingress: [{ ip: address }] } };
  at.store.create(inSystem('Service', 'gateway', { labels, spec, status }));
  const containers = { containers: [{ name: 'istio-proxy' }] };
  const pod = at.store.create(inSystem('Pod', 'gateway-1', { labels, spec: containers, status: RUNNING }));
  at.store.create(exposure);
  return at.mesh.startProxy(pod, address);
}

/** The body of a 200, or the status of another answer. */
export async function call(host: string, headers: Record<string, string> = {}): Promise<string> {
  const { status, body } = await callOf(host, '/', headers);
  return status === 200 ? body : String(status);
}

export async function answers(host: string, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const answer = await call(host);
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

export const until = async (what: string, condition: () => boolean): Promise<void> => {
  await poll({ what, timeoutMs: 8000, intervalMs: 10 }, () => Promise.resolve(condition() || undefined));
};

/** Two clusters that know each other: v1 and a caller in the first, v2 in the second. */
export async function startWorld(networks: readonly [string, string], otherRoot?: RootAuthority) {
  const root = await createRoot();
  const one = await startCluster('cluster1', networks[0], root);
  const two = await startCluster('cluster2', networks[1], otherRoot ?? root);
  introduce(one, two);
  introduce(two, one);
  for (const cluster of [one, two]) {
    startIstiod(cluster);
    helloService(cluster);
  }
  const crossed = networks[0] === networks[1] ? [] : [one, two];
  const gateways = await Promise.all(crossed.map((at, index) => startGateway(at, networks[index] ?? '')));
  const v1 = await startPod(one, { name: 'hello-v1', n: 1, version: 'v1' });
  const v2 = await startPod(two, { name: 'hello-v2', n: 1, version: 'v2' });
  const caller = await startPod(one, { name: 'sleep', n: 2 });
  await until('proxies ready', () =>
    [...gateways, v1.proxy, v2.proxy, caller.proxy].every((proxy) => proxy.isReady()),
  );
  await until('two endpoints', () => endpointsOf(caller.proxy).length === 2);
  return { one, two, caller, gateways, v2 };
}

const NAME = 'outbound|5000||hello.sample.svc.cluster.local';
interface Seen {
  readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
  readonly weight: number;
}
export const endpointsOf = (proxy: Proxy): readonly Seen[] => {
  const { cluster_statuses: all } = JSON.parse(proxy.admin('clusters?format=json')) as {
    readonly cluster_statuses: readonly { readonly name: string; readonly host_statuses: readonly Seen[] }[];
  };
  return all.find(({ name }) => name === NAME)?.host_statuses ?? [];
};

export const rule = (kind: string, spec: unknown): Resource => ({
  apiVersion: kind === 'PeerAuthentication' ? 'security.istio.io/v1' : 'networking.istio.io/v1',
  kind,
  metadata: { name: kind.toLowerCase(), namespace: NAMESPACE },
  spec,
});

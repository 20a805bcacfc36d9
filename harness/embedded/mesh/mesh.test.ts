import { expect, test } from 'vitest';
import { createRoot } from './index.ts';
import {
  NAMESPACE,
  startCluster,
  startIstiod,
  introduce,
  startPod,
  call,
  answers,
  until,
  startWorld,
  endpointsOf,
  rule,
} from './test-world.ts';

test.each([[['network1', 'network2'] as const], [['network1', 'network1'] as const]])(
  'both versions answer half of the calls each on the networks %j',
  async (networks) => {
    const { caller, two, one } = await startWorld(networks);
    const ports = endpointsOf(caller.proxy).map(({ address }) => address.socket_address.port_value);
    expect(ports.sort()).toEqual(networks[1] === 'network2' ? [15443, 5000] : [5000, 5000]);
    const { v1 = 0, v2 = 0 } = await answers(caller.address, 100);
    expect(v1 + v2).toBe(100);
    expect(v1).toBeGreaterThan(25);
    expect(v2).toBeGreaterThan(25);
    const istiod = one.store.get({ kind: 'Pod', name: 'istiod-1', namespace: 'istio-system' });
    if (istiod === undefined) throw new Error('no istiod');
    expect(JSON.parse(one.mesh.controlPlane(istiod, '/debug/clusterz'))).toEqual([
      { id: 'cluster1', secretName: '', syncStatus: 'synced' },
      { id: 'cluster2', secretName: 'istio-system/istio-remote-secret-cluster2', syncStatus: 'synced' },
    ]);
    expect(two.mesh.controlPlane(istiod, '/debug/syncz')).toContain('hello-v2.sample');
    expect(one.mesh.controlPlane(istiod, '/debug/endpointShardz')).toContain('Kubernetes/cluster2');
  },
);

test('an endpoint that goes in the other cluster is gone here, and the rest answers', async () => {
  const { two, caller } = await startWorld(['network1', 'network2']);
  two.store.remove({ kind: 'EndpointSlice', name: 'hello-hello-v2', namespace: NAMESPACE });
  await until('one endpoint', () => endpointsOf(caller.proxy).length === 1);
  expect(await answers(caller.address, 20)).toEqual({ v1: 20 });
});

test('with another root everything stays local, and is 503 where nothing local is', async () => {
  const { one, caller } = await startWorld(['network1', 'network2'], await createRoot('Another'));
  expect(await answers(caller.address, 20)).toEqual({ v1: 20 });
  one.store.remove({ kind: 'EndpointSlice', name: 'hello-hello-v1', namespace: NAMESPACE });
  await until('one endpoint', () => endpointsOf(caller.proxy).length === 1);
  expect(await answers(caller.address, 3)).toEqual({ 503: 3 });
});

test('a subset needs its rule where the pods are too', async () => {
  const { one, two, caller, gateways } = await startWorld(['network1', 'network2']);
  const subsets = ['v1', 'v2'].map((version) => ({ name: version, labels: { version } }));
  const destinationRule = rule('DestinationRule', { host: 'hello', subsets });
  const toV2 = [{ route: [{ destination: { host: 'hello', subset: 'v2' } }] }];
  one.store.create(destinationRule);
  one.store.create(rule('VirtualService', { hosts: ['hello'], http: toV2 }));
  await until('the route', () => caller.proxy.admin('clusters?format=json').includes('|v2|'));
  expect(await answers(caller.address, 5)).toEqual({ 503: 5 });
  two.store.create(destinationRule);
  const serverName = '"outbound_.5000_.v2_.hello.sample.svc.cluster.local"';
  await until(
    'the chain',
    () => gateways[1]?.admin('config_dump?resource=dynamic_listeners').includes(serverName) === true,
  );
  expect(await answers(caller.address, 20)).toEqual({ v2: 20 });
});

test('headers lead to another version, and a fault answers instead', async () => {
  const { one, two, caller } = await startWorld(['network1', 'network1']);
  const subsets = ['v1', 'v2'].map((version) => ({ name: version, labels: { version } }));
  for (const { store } of [one, two]) store.create(rule('DestinationRule', { host: 'hello', subsets }));
  const to = (subset: string): unknown => [{ destination: { host: 'hello', subset } }];
  const http = [
    { match: [{ headers: { 'end-user': { exact: 'jason' } } }], route: to('v2') },
    {
      match: [{ uri: { prefix: '/' }, headers: { broken: { exact: 'yes' } } }],
      route: to('v1'),
      fault: { abort: { httpStatus: 418 } },
    },
    { route: to('v1') },
  ];
  one.store.create(rule('VirtualService', { hosts: ['hello'], http }));
  await until('the route', () => caller.proxy.admin('clusters?format=json').includes('|v2|'));
  expect(await call(caller.address, { 'end-user': 'jason' })).toBe('v2');
  expect(await call(caller.address, { broken: 'yes' })).toBe('418');
  expect(await answers(caller.address, 10)).toEqual({ v1: 10 });
});

test('without a control plane proxies keep what they know, and new ones never get ready', async () => {
  const { one, caller } = await startWorld(['network1', 'network2']);
  one.store.remove({ kind: 'Pod', name: 'istiod-1', namespace: 'istio-system' });
  one.store.remove({ kind: 'EndpointSlice', name: 'hello-hello-v1', namespace: NAMESPACE });
  const late = await startPod(one, { name: 'late', n: 9 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(late.proxy.isReady()).toBe(false);
  expect(endpointsOf(caller.proxy)).toHaveLength(2);
});

test('a stale token and a wrong address leave the other cluster unread', async () => {
  const root = await createRoot();
  const one = await startCluster('cluster1', 'network1', root);
  const two = await startCluster('cluster2', 'network1', root);
  introduce(one, two, two.api.kubeconfig.replace('token-of-cluster2', 'another'));
  startIstiod(one);
  const istiod = one.store.get({ kind: 'Pod', name: 'istiod-1', namespace: 'istio-system' });
  if (istiod === undefined) throw new Error('no istiod');
  expect(one.mesh.controlPlane(istiod, '/debug/clusterz')).toContain('"syncStatus":"syncing"');
  expect(one.mesh.isControlPlaneReady(istiod)).toBe(false);
  await until('the time-out', () => one.mesh.isControlPlaneReady(istiod));
  expect(one.mesh.controlPlane(istiod, '/debug/clusterz')).toContain('"syncStatus":"timeout"');
});

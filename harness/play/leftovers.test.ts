import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer } from '../../fixtures/api-server/server.ts';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { tracesOf, type Traces } from './leftovers.ts';

const NAMESPACE = 'sample';
const HOST = `helloworld.${NAMESPACE}.svc.cluster.local`;

let stage: GatewayScene;
/** Groups with their versions, besides the core group, that the cluster serves. */
let served: string[];

beforeEach(async () => {
  stage = await gatewayScene();
  served = ['apps/v1'];
  stage.server.override(/^GET \/apis$/, (response) => {
    answer(response, 200, {
      groups: served.map((groupVersion) => ({ preferredVersion: { groupVersion } })),
    });
  });
  controlPlaneKnows({});
  gatewayKnows('outbound_.8080_._.echo.other.svc.cluster.local');
});
afterEach(async () => {
  await stage.close();
});

function controlPlaneKnows(
  endpoints: Record<string, readonly number[]>,
  proxies: readonly string[] = [],
): void {
  const shards = Object.entries(endpoints).map(([host, found]) => [
    host,
    { [host.split('.')[1] ?? '']: { Shards: { 'Kubernetes/cluster2': found } } },
  ]);
  stage.istiodSays('/debug/endpointShardz', Object.fromEntries(shards));
  stage.istiodSays(
    '/debug/syncz',
    proxies.map((proxy) => ({ proxy, cluster_id: 'cluster1' })),
  );
}

function gatewayKnows(...names: readonly string[]): void {
  stage.gatewaySays('clusters?format=json', { cluster_statuses: names.map((name) => ({ name })) });
  stage.gatewaySays('config_dump?resource=dynamic_listeners', { configs: names });
}

const traces = async (): Promise<Traces> => tracesOf(stage.scene, stage.cluster);

test('other namespaces leave no trace of this one', async () => {
  stage.pod('other', 'echo-1');
  controlPlaneKnows({ 'echo.other.svc.cluster.local': [1] }, ['echo-1.other']);
  expect(await traces()).toMatchObject({
    nothing: true,
    ofEachKind: false,
    figures: { objects: 0, inControlPlane: 0, inGateway: 0 },
  });
});

test('an application that is there leaves traces of each kind', async () => {
  stage.pod(NAMESPACE, 'helloworld-1');
  controlPlaneKnows({ [HOST]: [1, 2] }, [`helloworld-1.${NAMESPACE}`]);
  gatewayKnows(`outbound_.5000_._.${HOST}`);
  const found = await traces();
  expect(found).toMatchObject({
    nothing: false,
    ofEachKind: true,
    figures: { objects: 1, inControlPlane: 2, inGateway: 2 },
  });
  expect(found.seen).toContain(`pods/helloworld-1`);
  expect(found.seen).toContain(`2 endpoints of ${HOST}`);
});

test.each([
  [
    'an object',
    () => {
      stage.pod(NAMESPACE, 'forgotten-1');
    },
    /objects of sample: 1 \(pods\/forgotten-1\)/,
  ],
  [
    'an object of the whole cluster that names it',
    () => {
      stage.server.put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'x', labels: { of: NAMESPACE } },
      });
    },
    /objects of sample: 1 \(namespaces\/x\)/,
  ],
  [
    'an endpoint',
    () => {
      controlPlaneKnows({ [HOST]: [1] });
    },
    /control plane: 1 \(1 endpoints of helloworld/,
  ],
  [
    'a proxy',
    () => {
      controlPlaneKnows({}, [`sleep-1.${NAMESPACE}`]);
    },
    /control plane: 1 \(sleep-1\.sample\)/,
  ],
  [
    'a way through the gateway',
    () => {
      gatewayKnows(`outbound_.5000_._.${HOST}`);
    },
    /gateway: 2 \(outbound_/,
  ],
] as const)('%s that stays is seen', async (_what, leave, told) => {
  leave();
  const found = await traces();
  expect(found.nothing).toBe(false);
  expect(found.seen).toMatch(told);
});

/** An object of the whole cluster, which has the namespace in a label. */
function labelled(group: string, name: string, kind: string): void {
  const apiVersion = `${group}/v1`;
  served.push(apiVersion);
  stage.server.kinds.set(`/apis/${apiVersion}`, [{ name, kind, namespaced: false }]);
  stage.server.put({ apiVersion, kind, metadata: { name: '4711', labels: { namespace: NAMESPACE } } });
}

test.each([
  ['cilium.io', 'ciliumidentities', 'CiliumIdentity'],
  ['reports.kyverno.io', 'clusterephemeralreports', 'ClusterEphemeralReport'],
])(
  'objects of the whole cluster that others keep are told, and not judged: %s',
  async (group, name, kind) => {
    labelled(group, name, kind);
    const found = await traces();
    expect(found).toMatchObject({ nothing: true, figures: { objects: 0, objectsOfOthers: 1 } });
    expect(found.seen).toContain(`not of the mesh, and not judged: 1 (${name}/4711)`);
  },
);

test.each([
  ['extensions.istio.io', 'meshes', 'Mesh'],
  ['gateway.networking.k8s.io', 'gatewayclasses', 'GatewayClass'],
  ['rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding'],
  ['admissionregistration.k8s.io', 'validatingwebhookconfigurations', 'ValidatingWebhookConfiguration'],
])('objects of the whole cluster that a mesh is made of are judged: %s', async (group, name, kind) => {
  labelled(group, name, kind);
  expect(await traces()).toMatchObject({ nothing: false, figures: { objects: 1, objectsOfOthers: 0 } });
});

test('kinds that may not be listed are told, and keep nobody from looking at the others', async () => {
  stage.server.override(/^GET .*\/deployments$/, (response) => {
    answer(response, 403, { kind: 'Status', message: 'deployments is forbidden' });
  });
  const clean = await traces();
  expect(clean).toMatchObject({ nothing: true, figures: { objects: 0, kindsNotLookedAt: 1 } });
  expect(clean.seen).toContain('not looked at: 1 (deployments)');
  stage.pod(NAMESPACE, 'forgotten-1');
  expect(await traces()).toMatchObject({ nothing: false, figures: { objects: 1 } });
});

test('an API server that fails has not been looked at', async () => {
  stage.server.override(/^GET .*\/deployments$/, (response) => {
    answer(response, 500, { kind: 'Status', message: 'broken' });
  });
  await expect(traces()).rejects.toThrow(/500/);
});

test('a host that a control plane remembers without endpoints is forgotten', async () => {
  controlPlaneKnows({ [HOST]: [] });
  expect((await traces()).nothing).toBe(true);
});

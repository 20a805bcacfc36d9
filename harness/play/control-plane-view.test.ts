import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer } from '../../fixtures/api-server/server.ts';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { ScenarioCluster } from './scenario-cluster.ts';

let gateway: GatewayScene;
beforeEach(async () => {
  gateway = await gatewayScene();
  gateway.server.kinds.set('/apis/admissionregistration.k8s.io/v1', [
    { name: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration', namespaced: false },
    { name: 'validatingwebhookconfigurations', kind: 'ValidatingWebhookConfiguration', namespaced: false },
  ]);
});
afterEach(() => gateway.close());

/** A webhook of this name that asks a Service, or a URL. */
const webhook = (name: string, url?: string, labels: Readonly<Record<string, string>> = {}): void => {
  const service = { name: 'istiod', namespace: 'istio-system', path: '/inject/cluster/cluster2' };
  gateway.server.put({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'injector', labels },
    webhooks: [{ name, clientConfig: url === undefined ? { service } : { url } }],
  });
};
const service = (spec: object): void => {
  gateway.server.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'istiod', namespace: 'istio-system' },
    spec,
  });
};
const INJECTOR = 'namespace.sidecar-injector.istio.io';

test('a webhook that asks a Service with pods in its cluster stays inside', async () => {
  webhook(INJECTOR);
  service({ selector: { app: 'istiod' } });
  expect(await gateway.cluster.controlPlane.webhooksStayInside()).toMatchObject({ holds: true });
});

test.each([
  ['which selects no pods', {}],
  ['a name outside (ExternalName)', { type: 'ExternalName', externalName: 'istiod.elsewhere.example' }],
])('a webhook of Istio that asks a Service leads outside: %s', async (why, spec) => {
  webhook(INJECTOR);
  service(spec);
  const found = await gateway.cluster.controlPlane.webhooksStayInside();
  expect(found).toMatchObject({ holds: false, figures: { outside: 1 } });
  expect(found.seen).toContain(`${INJECTOR} → Service istiod.istio-system, ${why}`);
});

test('a webhook of Istio leads outside whose Service is not there; of others, Services are their own affair', async () => {
  webhook(INJECTOR);
  const found = await gateway.cluster.controlPlane.webhooksStayInside();
  expect(found.seen).toContain('Service istiod.istio-system, which is not there');
  webhook('policies.example.com');
  expect(await gateway.cluster.controlPlane.webhooksStayInside()).toMatchObject({ holds: true });
});

test.each([
  ['EKS', 'iam-for-pods.amazonaws.com', 'https://127.0.0.1:23443/mutate'],
  [
    'GKE',
    'warden-mutating.common-webhooks.networking.gke.io',
    'https://localhost:5443/webhook/warden-mutating',
  ],
])("a webhook of %s on the API server's own machine leads nowhere else", async (_, name, url) => {
  webhook(name, url);
  const found = await gateway.cluster.controlPlane.webhooksStayInside();
  expect(found).toMatchObject({ holds: true, figures: { webhooks: 1, outside: 0, outsideOfOthers: 0 } });
});

test('a URL elsewhere that is not of Istio is told, and not judged', async () => {
  webhook('policies.example.com', 'https://policies.example.com/check');
  const found = await gateway.cluster.controlPlane.webhooksStayInside();
  expect(found).toMatchObject({ holds: true, figures: { outside: 0, outsideOfOthers: 1 } });
  expect(found.seen).toContain('not judged: policies.example.com → https://policies.example.com/check');
});

test.each([
  ['by its name', INJECTOR, {}],
  ['by its label', 'inject.example.com', { app: 'sidecar-injector' }],
])('an injector of Istio, %s, leads outside by a URL elsewhere', async (_, name, labels) => {
  webhook(name, 'https://istiod.elsewhere.example:15017/inject', labels);
  const found = await gateway.cluster.controlPlane.webhooksStayInside();
  expect(found).toMatchObject({ holds: false, figures: { outside: 1, outsideOfOthers: 0 } });
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const token = `e30.${encoded({ sub: 'system:serviceaccount:istio-system:reader' })}.c2lnbmF0dXJl`;

test.each([
  ['istio-system', false],
  ['sample', false],
  ['elsewhere', true],
])('a reader that may write in %s alone: only reads is %s', async (namespace, onlyReads) => {
  gateway.server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'remote', namespace: 'istio-system', labels: { 'istio/multiCluster': 'true' } },
    data: { cluster1: encoded({ users: [{ user: { token } }] }) },
  });
  gateway.server.override(/POST .*\/subjectaccessreviews$/, (response, { body }) => {
    const { spec } = JSON.parse(body) as {
      spec: { resourceAttributes: { verb: string; resource: string; namespace?: string } };
    };
    const { verb, resource, namespace: asked } = spec.resourceAttributes;
    const mayWrite = asked === namespace && resource === 'configmaps' && verb === 'patch';
    answer(response, 201, { status: { allowed: verb === 'list' || mayWrite } });
  });
  const found = await gateway.cluster.controlPlane.mayOnlyRead(gateway.cluster);
  expect(found.holds).toBe(onlyReads);
  if (!onlyReads) expect(found.seen).toContain(`ways to write, patch configmaps in ${namespace}`);
});

/** What each of three istiods knows of helloworld in cluster1, its own cluster, and in cluster2. */
function endpoints(...known: readonly (readonly [own: number, other: number])[]): void {
  known.forEach(([own, other], index) => {
    const name = `istiod-${String(index + 1)}`;
    gateway.pod('istio-system', name, { labels: { app: 'istiod', 'istio.io/rev': 'asm-1131-0' } });
    const shards = {
      'Kubernetes/cluster1': Array<number>(own).fill(0),
      'Kubernetes/cluster2': Array<number>(other).fill(0),
    };
    const answered = { 'helloworld.sample.svc.cluster.local': { sample: { Shards: shards } } };
    const path = `istio-system/${name} pilot-discovery request GET /debug/endpointShardz`;
    gateway.server.printed.set(path, { stdout: JSON.stringify(answered) });
  });
}

test('endpoints of another cluster are known only where each of several istiods has them', async () => {
  const { scene, cluster } = gateway;
  const { mesh } = scene.context;
  const clusters = { ...mesh.clusters, cluster2: { ...cluster.mesh, clusterId: 'cluster2' } };
  const knowsBoth = { ...scene, context: { ...scene.context, mesh: { ...mesh, clusters } } };
  const other = new ScenarioCluster(knowsBoth, { ...cluster.member, topology: clusterTopology('cluster2') });
  const found = () => gateway.cluster.controlPlane.hasEndpointsOf('helloworld', other);
  endpoints([1, 1], [1, 1], [1, 1]);
  expect(await found()).toMatchObject({ holds: true, figures: { endpointsOfTheOther: 1 } });
  endpoints([1, 1], [1, 0], [1, 1]);
  const lacking = await found();
  expect(lacking).toMatchObject({ holds: false, figures: { endpointsOfTheOther: 0 } });
  expect(lacking.seen).toContain('1 from cluster1, 0 to 1 (its istiod pods differ) from cluster2');
});

test('a control plane has only its own endpoints where none of several istiods has others, and each its own', async () => {
  const found = () => gateway.cluster.controlPlane.hasOnlyItsOwnEndpointsOf('helloworld');
  endpoints([1, 0], [1, 0], [1, 0]);
  expect(await found()).toMatchObject({ holds: true });
  endpoints([1, 0], [1, 0], [1, 1]);
  expect(await found()).toMatchObject({ holds: false, figures: { own: 1, foreign: 1 } });
  endpoints([1, 0], [0, 0], [1, 0]);
  expect(await found()).toMatchObject({ holds: false, figures: { own: 0, foreign: 0 } });
});

const istiod = (name: string, revision: string): void => {
  gateway.pod('istio-system', name, { labels: { app: 'istiod', 'istio.io/rev': revision } });
};

test('of several revisions that run, the one by whose label pods are injected is meant', async () => {
  istiod('istiod-0', 'asm-1130-0');
  expect(await gateway.cluster.controlPlane.revision()).toBe('asm-1131-0');
});

test('that several revisions run, none of them the one of the label, is told with their names', async () => {
  const { mesh } = gateway.cluster;
  const injectionLabel = { key: 'istio.io/rev', value: 'a-tag' };
  const { context } = gateway.scene;
  const clusters = { cluster1: { ...mesh, injectionLabel } };
  const scene = { ...gateway.scene, context: { ...context, mesh: { ...context.mesh, clusters } } };
  const { controlPlane } = new ScenarioCluster(scene, gateway.cluster.member);
  expect(await controlPlane.revision()).toBe('asm-1131-0');
  istiod('istiod-0', 'asm-1130-0');
  await expect(controlPlane.revision()).rejects.toThrow(/of a-tag.*running: asm-113[01]-0, asm-113[01]-0/);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer, startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import type { Finding } from '../../provider/types.ts';
import type { MeshMember } from '../preflight.ts';
import { meshConfigsOf } from '../istio/mesh-config.ts';
import { checkDiscovered as discovered } from './discovered.ts';
import { checkMeshWide as meshWide } from './mesh-wide.ts';

let server: FakeApiServer;
let client: Cluster;
beforeEach(async () => {
  server = await startApiServer();
  const kinds = (
    ...pairs: readonly (readonly [string, string])[]
  ): { name: string; kind: string; namespaced: true }[] =>
    pairs.map(([name, kind]) => ({ name, kind, namespaced: true }));
  server.kinds.set('/apis/security.istio.io/v1', kinds(['authorizationpolicies', 'AuthorizationPolicy']));
  server.kinds.set('/apis/networking.istio.io/v1', kinds(['destinationrules', 'DestinationRule']));
  server.kinds.set('/apis/networking.istio.io/v1alpha3', kinds(['envoyfilters', 'EnvoyFilter']));
  client = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const member = (
  namespaceLabels: Readonly<Record<string, string>> = {},
  revision = 'default',
): MeshMember => ({
  name: 'cluster1',
  client,
  mesh: {
    cluster: 'cluster1',
    clusterId: 'cluster1',
    configuredBy: 'cluster1',
    network: 'network1',
    controlPlanes: [{ revision, version: '1.31.0', deployment: 'istiod' }],
    injectionLabel: { key: 'istio-injection', value: 'enabled' },
    eastWestGateway: null,
    rootFingerprint: null,
  },
  expectedNetwork: 'network1',
  namespaceLabels,
});

const NETWORKING = 'networking.istio.io/v1';
function put(
  kind: string,
  apiVersion: string,
  of: { name: string; namespace?: string; spec?: object },
): void {
  const { name, namespace = 'istio-system', spec = {} } = of;
  server.put({ apiVersion, kind, metadata: { name, namespace }, spec });
}

function meshConfig(mesh: string, name = 'istio'): void {
  const metadata = { name, namespace: 'istio-system' };
  server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mesh } });
}

/** The checks, of what the cluster's ConfigMaps say. */
const configsOf = ({ client, mesh }: MeshMember): ReturnType<typeof meshConfigsOf> =>
  meshConfigsOf(client, mesh.controlPlanes);
const checkMeshWide = async (of: MeshMember): Promise<Finding[]> => meshWide(of, await configsOf(of));
const checkDiscovered = async (of: MeshMember): Promise<Finding[]> => discovered(of, await configsOf(of));

const one = (severity: Finding['severity'], message: RegExp): unknown => [
  expect.objectContaining({
    subject: 'cluster1',
    severity,
    message: expect.stringMatching(message) as string,
  }),
];

test('policies for the whole mesh are one warning, with a command that shows them; kinds may be missing', async () => {
  put('AuthorizationPolicy', 'security.istio.io/v1', { name: 'deny-all' });
  put('DestinationRule', NETWORKING, { name: 'default', spec: { host: '*.local' } });
  put('EnvoyFilter', 'networking.istio.io/v1alpha3', { name: 'limit' });
  const found = await checkMeshWide(member());
  expect(found).toEqual(
    one(
      'warning',
      /: AuthorizationPolicy istio-system\/deny-all, DestinationRule istio-system\/default, EnvoyFilter istio-system\/limit$/,
    ),
  );
  expect(found[0]?.remedy).toMatch(
    /-n istio-system get authorizationpolicies,destinationrules,envoyfilters -o yaml$/,
  );
});

test('policies for one workload, one host, another namespace or of Istio itself are none of them', async () => {
  put('AuthorizationPolicy', 'security.istio.io/v1', { name: 'a', spec: { selector: {} } });
  put('AuthorizationPolicy', 'security.istio.io/v1', { name: 'b', namespace: 'shop' });
  put('DestinationRule', NETWORKING, { name: 'c', spec: { host: 'istiod.istio-system.svc' } });
  put('EnvoyFilter', 'networking.istio.io/v1alpha3', { name: 'd', spec: { workloadSelector: {} } });
  put('EnvoyFilter', 'networking.istio.io/v1alpha3', { name: 'tcp-stats-filter-1.17' });
  expect(await checkMeshWide(member())).toEqual([]);
});

test('the root namespace is that of the mesh, and what may not be read is no finding', async () => {
  meshConfig('rootNamespace: policies', 'istio-canary');
  put('AuthorizationPolicy', 'security.istio.io/v1', { name: 'deny-all', namespace: 'policies' });
  expect(await checkMeshWide(member({}, 'canary'))).toEqual(
    one('warning', /AuthorizationPolicy policies\/deny-all$/),
  );
  server.override(/authorizationpolicies/, (response) => {
    answer(response, 403, { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' });
  });
  expect(await checkMeshWide(member({}, 'canary'))).toEqual([]);
});

test('namespaces that the control plane would not look at are an error, and none with the label that it wants', async () => {
  meshConfig('discoverySelectors: [{ matchLabels: { team: mesh } }, { matchLabels: { env: test } }]');
  const found = await checkDiscovered(member());
  expect(found).toEqual(one('error', /only at namespaces with team=mesh or env=test \(discoverySelectors\)/));
  expect(found[0]?.remedy).toContain('--namespace-label KEY=VALUE');
  expect(await checkDiscovered(member({ env: 'test' }))).toEqual([]);
});

test('where one of two control planes looks at them, that is a warning', async () => {
  meshConfig('discoverySelectors: [{ matchLabels: { team: mesh } }]');
  meshConfig('', 'istio-canary');
  const { mesh, ...rest } = member();
  const [own] = mesh.controlPlanes;
  const controlPlanes = own === undefined ? [] : [own, { ...own, revision: 'canary' }];
  expect(await checkDiscovered({ ...rest, mesh: { ...mesh, controlPlanes } })).toEqual(
    one('warning', /team=mesh/),
  );
});

test.each([
  ['the injection label', 'discoverySelectors: [{ matchLabels: { istio-injection: enabled } }]'],
  ['anything', 'accessLogFile: /dev/stdout'],
  ['what is no YAML', '{'],
  ['nothing', ''],
])('a control plane that asks for %s is no finding', async (_what, mesh) => {
  meshConfig(mesh);
  expect(await checkDiscovered(member())).toEqual([]);
});

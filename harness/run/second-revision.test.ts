import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { providerOfTwo, startTwo } from '../../fixtures/existing-clusters.ts';
import { connect, type Cluster } from '../cluster/cluster.ts';
import { whyNoSecondRevision } from './second-revision.ts';

let servers: readonly [FakeApiServer, FakeApiServer];
let clusters: readonly Cluster[];

beforeEach(async () => {
  servers = await startTwo();
  clusters = await Promise.all(
    servers.map(async (server, index) =>
      connect({ name: `cluster${String(index + 1)}`, kubeconfig: await server.kubeconfig() }),
    ),
  );
});
afterEach(async () => {
  await Promise.all(clusters.map((cluster) => cluster.close()));
  await Promise.all(servers.map((server) => server.close()));
});

const injector = (server: FakeApiServer, name: string, labels: Readonly<Record<string, string>>): void => {
  server.put({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels: { app: 'sidecar-injector', ...labels } },
  });
};

test('beside a mesh that istioctl installed, and not where the new revision would become the default one', async () => {
  const provider = await providerOfTwo(servers);
  const whyNot = (): Promise<string | undefined> => whyNoSecondRevision(provider, clusters, process.execPath);
  injector(servers[0], 'istio-revision-tag-default', { 'istio.io/tag': 'default' });
  injector(servers[1], 'istio-sidecar-injector', { 'istio.io/rev': 'default' });
  expect(await whyNot()).toMatch(/^istioctl would make the second revision the default of cluster2: /);
  injector(servers[1], 'istio-revision-tag-default', { 'istio.io/tag': 'default' });
  expect(await whyNot()).toBeUndefined();
  servers[0].override(/GET .*mutatingwebhookconfigurations/, (response) => {
    answer(response, 403, { kind: 'Status', message: 'forbidden' });
  });
  expect(await whyNot()).toMatch(/the default of cluster1: /);
});

test('not by an account that may not make what a revision consists of', async () => {
  const provider = await providerOfTwo(servers);
  for (const server of servers) injector(server, 'istio-revision-tag-default', { 'istio.io/tag': 'default' });
  const [, { rights }] = servers;
  rights.delete('* *');
  for (const resource of ['clusterrolebindings', 'mutatingwebhookconfigurations', 'deployments'])
    rights.add(`create ${resource}`);
  expect(await whyNoSecondRevision(provider, clusters, process.execPath)).toBe(
    'a second revision may not be installed: cluster2 lets this account not create clusterroles.rbac.authorization.k8s.io',
  );
});

test('into a mesh of our own whatever its labels, by an istioctl that is there', async () => {
  const ours = { ownsClusters: true, meshIsThere: false };
  expect(await whyNoSecondRevision(ours, clusters, process.execPath)).toBeUndefined();
  expect(await whyNoSecondRevision(ours, clusters, 'no-such-istioctl')).toMatch(/^there is no istioctl/);
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answer, startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import { idOf } from '../cluster-id.ts';
import { createRoot, type Authority } from './certificates.ts';
import { readMesh } from './facts.ts';

const ADMISSION = 'admissionregistration.k8s.io/v1';
const PATH = '/inject/cluster/eu-west/net/blue';

let server: FakeApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await startApiServer();
  server.kinds.set(`/apis/${ADMISSION}`, [
    { name: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration', namespaced: false },
  ]);
  cluster = await connect({ name: 'cluster2', kubeconfig: await server.kubeconfig() });
});
afterEach(async () => {
  await cluster.close();
  await server.close();
});

function webhook(clientConfig: object): void {
  server.put({
    apiVersion: ADMISSION,
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'injector', labels: { app: 'sidecar-injector' } },
    webhooks: [{ name: 'namespace.sidecar-injector.istio.io', clientConfig }],
  });
}

const istiodService = (path: string): object => ({
  service: { name: 'istiod', namespace: 'istio-system', path },
});

describe("the mesh's own name of a cluster", () => {
  test.each([
    ['the path at a Service, as by istiodRemote.injectionPath', istiodService(PATH)],
    ['the URL, as by istiodRemote.injectionURL', { url: `https://203.0.113.1:15017${PATH}` }],
  ])('without a control plane of its own is in %s', async (_where, clientConfig) => {
    webhook(clientConfig);
    expect(await readMesh({ client: cluster, primary: 'cluster1' })).toMatchObject({
      cluster: 'cluster2',
      clusterId: 'eu-west',
    });
  });

  test("with a control plane of its own is that one's, whatever a webhook says", async () => {
    webhook(istiodService(PATH));
    const env = [{ name: 'CLUSTER_ID', value: 'eu-north' }];
    server.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'istiod', namespace: 'istio-system', labels: { app: 'istiod' } },
      spec: { template: { spec: { containers: [{ image: 'pilot:1.31.0', env }] } } },
    });
    expect((await readMesh({ client: cluster })).clusterId).toBe('eu-north');
  });

  test('is not guessed where nothing tells it, and what needs it is an error', async () => {
    webhook(istiodService('/inject'));
    const mesh = await readMesh({ client: cluster });
    expect(mesh.clusterId).toBeNull();
    expect(() => idOf(mesh)).toThrow(
      /^the mesh's own name of cluster2 \(its cluster ID\) is unknown: expected /,
    );
  });

  test('is unknown to who may not look at webhooks; the rest is read', async () => {
    server.override(/mutatingwebhookconfigurations/, (response) => {
      answer(response, 403, { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' });
    });
    expect(await readMesh({ client: cluster })).toMatchObject({ clusterId: null, network: null });
  });

  test('is not read as unknown while the API server fails', async () => {
    server.override(/mutatingwebhookconfigurations/, (response) => {
      answer(response, 500, { kind: 'Status', code: 500, reason: 'InternalError', message: 'broken' });
    });
    await expect(readMesh({ client: cluster })).rejects.toThrow(/answered 500/);
  });
});

test('the gateway of a network is known with the labels by which its Service selects it', async () => {
  const selector = { app: 'gateway-of-ours', tier: 'edge' };
  const network = { 'topology.istio.io/network': 'eu' };
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system', labels: network } });
  server.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'edge', namespace: 'edges', labels: network },
    spec: { selector, ports: [{ port: 15443 }] },
  });
  const { eastWestGateway } = await readMesh({ client: cluster });
  expect(eastWestGateway).toMatchObject({ namespace: 'edges', service: 'edge', selector });
});

describe('the root of trust', () => {
  const roots = async (...pems: readonly string[]): Promise<string | null> => {
    server.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio-ca-root-cert', namespace: 'istio-system' },
      data: { 'root-cert.pem': pems.join('\n') },
    });
    return (await readMesh({ client: cluster })).rootFingerprint;
  };

  test('is known by its fingerprint, and while it is replaced by those of both, in any order', async () => {
    const [old, next] = await Promise.all([createRoot('old'), createRoot('next')]);
    const pem = ({ certificate }: Authority): string => certificate.toString('pem');
    const alone = await roots(pem(old));
    expect(alone).toMatch(/^[0-9a-f]{64}$/);
    const both = await roots(pem(old), pem(next));
    expect(both).toContain(alone);
    expect(both).not.toBe(alone);
    expect(await roots(pem(next), pem(old))).toBe(both);
  });
});

describe('the Deployment of the east-west gateway', () => {
  const labels = { istio: 'eastwestgateway' };
  const deployment = (name: string, metadata: object): void => {
    const template = { metadata };
    server.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'gateways' },
      spec: { template },
    });
  };
  const found = async (selector?: object): Promise<string | null | undefined> => {
    server.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'istio-system', labels: { 'topology.istio.io/network': 'blue' } },
    });
    server.put({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'eastwest',
        namespace: 'gateways',
        labels: { 'topology.istio.io/network': 'blue' },
      },
      spec: { ports: [{ port: 15443 }], ...(selector === undefined ? {} : { selector }) },
    });
    return (await readMesh({ client: cluster })).eastWestGateway?.deployment;
  };

  test('is the one whose pods its Service selects', async () => {
    deployment('another', { labels: { app: 'another' } });
    deployment('theirs', { labels });
    expect(await found(labels)).toBe('theirs');
  });

  test('is not known where its Service selects nothing, whatever else is in the namespace', async () => {
    deployment('another', { labels: { app: 'another' } });
    expect(await found()).toBeNull();
    expect(await found({})).toBeNull();
  });

  test('is not known where its pods are no Deployment', async () => {
    deployment('another', { labels: { app: 'another' } });
    expect(await found(labels)).toBeNull();
  });

  test('is not known where there are two: who scales one has not taken the gateway away', async () => {
    deployment('blue', { labels });
    deployment('green', { labels });
    expect(await found(labels)).toBeNull();
  });
});

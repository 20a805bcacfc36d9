import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answer, startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import { idOf } from '../cluster-id.ts';
import { createRoot, type Authority } from './certificates.ts';
import { readMesh } from './facts.ts';

const ADMISSION = 'admissionregistration.k8s.io/v1';
const SYSTEM = 'istio-system';
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

const configMap = (name: string, data: Record<string, string>): void => {
  server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: SYSTEM }, data });
};

function istiod(revision?: string): void {
  const labels = { app: 'istiod', ...(revision === undefined ? {} : { 'istio.io/rev': revision }) };
  server.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `istiod-${revision ?? ''}`, namespace: SYSTEM, labels },
    spec: { template: { spec: { containers: [{ image: 'pilot:1.31.0', env: [] }] } } },
  });
}

const NETWORK = 'topology.istio.io/network';

function service(parts: {
  labels?: object;
  annotations?: Record<string, string>;
  spec: object;
  status?: object;
}): void {
  const { labels, annotations = {}, spec, status = {} } = parts;
  const metadata = { name: 'gw', namespace: SYSTEM, annotations, labels: { [NETWORK]: 'blue', ...labels } };
  server.put({ apiVersion: 'v1', kind: 'Service', metadata, spec, status });
}

describe('the network', () => {
  const namespace = (labels: Record<string, string>): void => {
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM, labels } });
  };
  const values = (network: string): Record<string, string> => ({
    values: JSON.stringify({ global: { network } }),
  });

  test('without a label is what the injector of the control plane puts on pods, and its gateway is found', async () => {
    namespace({});
    istiod();
    configMap('istio-sidecar-injector', values('blue'));
    service({ spec: { ports: [{ port: 15443 }] } });
    expect(await readMesh({ client: cluster })).toMatchObject({
      network: 'blue',
      networkIsLabelled: false,
      eastWestGateway: { service: 'gw' },
    });
  });

  test('is that of the revisions that run, and the label wins', async () => {
    istiod('asm-1131-0');
    configMap('istio-sidecar-injector', values('old'));
    configMap('istio-sidecar-injector-asm-1131-0', values('blue'));
    expect(await readMesh({ client: cluster })).toMatchObject({ network: 'blue' });
    namespace({ [NETWORK]: 'red' });
    expect(await readMesh({ client: cluster })).toMatchObject({ network: 'red', networkIsLabelled: true });
  });

  test('of a cluster without a control plane is in its webhook', async () => {
    webhook(istiodService(PATH));
    expect(await readMesh({ client: cluster })).toMatchObject({ network: 'blue', networkIsLabelled: false });
  });

  test.each([
    ['an empty name', values('')],
    ['no JSON', { values: '{' }],
    ['nothing', {}],
  ])('is unknown where the injector says %s', async (_what, data) => {
    istiod();
    configMap('istio-sidecar-injector', data);
    expect((await readMesh({ client: cluster })).network).toBeNull();
  });
});

describe('the east-west gateway', () => {
  const entry = async (): Promise<unknown> => {
    server.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: SYSTEM, labels: { [NETWORK]: 'blue' } },
    });
    const { eastWestGateway } = await readMesh({ client: cluster });
    return eastWestGateway === null ? null : [eastWestGateway.addresses, eastWestGateway.port];
  };

  test('is entered at the port that its label says, at the addresses that it has besides a load balancer', async () => {
    const labels = { 'networking.istio.io/gatewayPort': '32443' };
    service({
      labels,
      spec: { ports: [{ port: 15021 }, { port: 32443 }], externalIPs: ['198.51.100.7'] },
      status: { loadBalancer: { ingress: [{ ip: '198.51.100.6' }] } },
    });
    expect(await entry()).toEqual([['198.51.100.6', '198.51.100.7'], 32443]);
    service({ labels, spec: { ports: [{ port: 15443 }] } });
    expect(await entry()).toBeNull();
    service({ labels: { 'networking.istio.io/gatewayPort': 'x' }, spec: { ports: [{ port: 15443 }] } });
    expect(await entry()).toEqual([[], 15443]);
  });

  test('by node port is entered at the nodes that it names', async () => {
    const node = (name: string, edge: string, address: string): void =>
      server.put({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { edge } },
        status: {
          addresses: [
            { type: 'InternalIP', address: '10.0.0.1' },
            { type: 'ExternalIP', address },
          ],
        },
      });
    node('a', 'yes', '198.51.100.8');
    node('b', 'no', '198.51.100.9');
    service({
      annotations: { 'traffic.istio.io/nodeSelector': '{"edge":"yes"}' },
      spec: { type: 'NodePort', ports: [{ port: 15443, nodePort: 31443 }] },
    });
    expect(await entry()).toEqual([['198.51.100.8'], 31443]);
    // Gateway objects call it by the Service's port, whatever the nodes' is.
    expect((await readMesh({ client: cluster })).eastWestGateway?.listenerPorts).toEqual([15443]);
  });
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

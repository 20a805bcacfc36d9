import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import type { Stored } from '../../fixtures/api-server/store.ts';
import { connect, type Cluster } from '../cluster/cluster.ts';
import { deploy } from './apps.ts';
import { createNamespace, deleteNamespace } from './namespace.ts';
import type { Placement } from './place.ts';

let server: FakeApiServer;
let cluster: Cluster;
let controllers: NodeJS.Timeout;

beforeEach(async () => {
  server = await startApiServer();
  cluster = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
});
afterEach(async () => {
  clearInterval(controllers);
  await cluster.close();
  await server.close();
});

/** As a controller does, some time after the object is there. */
function whenThere(kind: string, react: (stored: Stored) => void): void {
  controllers = setInterval(() => {
    for (const stored of server.objects.values()) if (stored.kind === kind) react(stored);
  }, 100);
}

const stored = (path: string): Stored | undefined => server.objects.get(path);
const injection = { key: 'istio-injection', value: 'enabled' };

describe('a namespace', () => {
  const becomesUsable = (): void => {
    whenThere('Namespace', ({ metadata }) => {
      server.put({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: metadata.name },
      });
    });
  };

  test('is marked with the run and injects, and is ready when pods may be made in it', async () => {
    becomesUsable();
    await createNamespace(cluster, 'meshproof-r1-x', { runId: 'r1', injection });
    expect(stored('/api/v1/namespaces/meshproof-r1-x')?.metadata.labels).toEqual({
      'meshproof.dev/run': 'r1',
      'istio-injection': 'enabled',
    });
    expect(stored('/api/v1/namespaces/meshproof-r1-x/serviceaccounts/default')).toBeDefined();
  });

  test('gets the labels that it is to have besides, which do not replace its own', async () => {
    becomesUsable();
    const labels = { env: 'test', 'meshproof.dev/run': 'another' };
    await createNamespace(cluster, 'meshproof-r1-x', { runId: 'r1', injection, labels });
    expect(stored('/api/v1/namespaces/meshproof-r1-x')?.metadata.labels).toEqual({
      env: 'test',
      'meshproof.dev/run': 'r1',
      'istio-injection': 'enabled',
    });
  });

  test('gets a copy of the Secret that images are pulled with', async () => {
    becomesUsable();
    const data = { '.dockerconfigjson': 'e30=' };
    const type = 'kubernetes.io/dockerconfigjson';
    server.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'pull', namespace: 'ci', uid: 'u' },
      type,
      data,
    });
    const pullSecret = { namespace: 'ci', name: 'pull' };
    await createNamespace(cluster, 'meshproof-r1-x', { runId: 'r1', injection, pullSecret });
    expect(stored('/api/v1/namespaces/meshproof-r1-x/secrets/pull')).toMatchObject({ type, data });
  });

  test('is not made in silence without that Secret', async () => {
    becomesUsable();
    const pullSecret = { namespace: 'ci', name: 'pull' };
    await expect(
      createNamespace(cluster, 'meshproof-r1-x', { runId: 'r1', injection, pullSecret }),
    ).rejects.toThrow(
      /expected the Secret ci\/pull .* in cluster1; there is none. See: kubectl -n ci get secrets/,
    );
  });

  test('is deleted without waiting for it', async () => {
    server.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'meshproof-r1-x', finalizers: ['kubernetes'] },
    });
    await deleteNamespace(cluster, 'meshproof-r1-x');
    expect(stored('/api/v1/namespaces/meshproof-r1-x')?.metadata['deletionTimestamp']).toBeDefined();
    await deleteNamespace(cluster, 'was-never-there');
  });
});

describe('deploying', () => {
  const placement: Placement = {
    namespace: 'meshproof-r1-x',
    runId: 'r1',
    images: { hello: 'r/hello:2' },
    imageHub: undefined,
    imagePullSecret: undefined,
  };
  const pod = { containers: [{ name: 'hello', image: 'docker.io/hello:1' }] };
  const objects = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'hello' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'hello' } },
        template: { metadata: { labels: { app: 'hello' } }, spec: pod },
      },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hello' } },
  ];
  const path = '/apis/apps/v1/namespaces/meshproof-r1-x/deployments/hello';

  test('is done when every Deployment is rolled out, with the images that were asked for', async () => {
    whenThere('Deployment', (deployment) => {
      deployment['status'] = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    });
    await deploy(cluster, objects, { placement, timeoutMs: 10_000 });
    expect(JSON.stringify(stored(path))).toContain('"image":"r/hello:2"');
    expect(stored(path)?.['status']).toMatchObject({ availableReplicas: 1 });
    expect(stored('/api/v1/namespaces/meshproof-r1-x/configmaps/hello')?.metadata.labels).toEqual({
      'meshproof.dev/run': 'r1',
    });
  });

  test('that never gets ready says of which Deployment, and why', async () => {
    server.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'hello-1', namespace: 'meshproof-r1-x', labels: { app: 'hello' } },
      status: {
        phase: 'Pending',
        containerStatuses: [{ name: 'hello', state: { waiting: { reason: 'ImagePullBackOff' } } }],
      },
    });
    await expect(deploy(cluster, objects, { placement, timeoutMs: 600 })).rejects.toThrow(
      /Deployment meshproof-r1-x\/hello of cluster1 to be rolled out(.|\n)*ImagePullBackOff/,
    );
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakeApiServer, startApiServer } from '../../fixtures/api-server/server.ts';
import { type Cluster, connect } from './cluster.ts';

let server: FakeApiServer;
let cluster: Cluster;
beforeAll(async () => {
  server = await startApiServer();
  cluster = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
});
beforeEach(() => {
  server.seen.length = 0;
  server.objects.clear();
});
afterAll(async () => {
  await cluster.close();
  await server.close();
});

const REF = { namespace: 'sample', name: 'hello' };
const LABELS = { app: 'hello' };

function deployment(status: object, more: object = {}): void {
  server.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...REF, generation: 2 },
    spec: { replicas: 2, selector: { matchLabels: LABELS }, ...more },
    status,
  });
}

function pod(name: string, status: object): void {
  server.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'sample', labels: LABELS },
    status,
  });
}

const DONE = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

describe('scale', () => {
  test('reads the count before and merge-patches the scale subresource, with the times around it', async () => {
    deployment(DONE);
    const began = Date.now();
    const { before, sentMs, acknowledgedMs } = await cluster.scale(REF, 0);
    expect(before).toBe(2);
    expect(began <= sentMs && sentMs <= acknowledgedMs && acknowledgedMs <= Date.now()).toBe(true);
    const patch = server.seen.find((seen) => seen.method === 'PATCH');
    expect(patch?.path).toBe('/apis/apps/v1/namespaces/sample/deployments/hello/scale');
    expect(patch?.headers['content-type']).toBe('application/merge-patch+json');
    expect(patch?.body).toBe('{"spec":{"replicas":0}}');
  });

  test('a count that the API leaves out is zero', async () => {
    deployment(DONE, { replicas: 0 });
    expect((await cluster.scale(REF, 1)).before).toBe(0);
  });
});

describe('waitForRollout', () => {
  test('is over when the newest generation is seen, updated and available without surplus', async () => {
    deployment({ observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
    setTimeout(() => deployment(DONE), 300);
    const began = performance.now();
    await cluster.waitForRollout(REF, { timeoutMs: 5000 });
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  test.each([
    ['an older generation', { ...DONE, observedGeneration: 1 }, 'has not seen the newest generation'],
    ['pods of the old version', { ...DONE, replicas: 3 }, 'of 2 pods 2 updated, 2 available, 3 in all'],
    [
      'pods that are not available',
      { ...DONE, availableReplicas: 1 },
      'of 2 pods 2 updated, 1 available, 2 in all',
    ],
    ['no status yet', {}, 'has not seen the newest generation'],
  ])('with %s it is not over, and says so', async (_case, status, words) => {
    deployment(status);
    await expect(cluster.waitForRollout(REF, { timeoutMs: 400 })).rejects.toThrow(words);
  });

  test('a workload that does not exist is said to be missing', async () => {
    const wait = cluster.waitForRollout(REF, { timeoutMs: 400 });
    await expect(wait).rejects.toThrow(
      'waited 400 ms for Deployment sample/hello of cluster1 to be rolled out; last seen: it does not exist',
    );
  });

  test('DaemonSets count nodes', async () => {
    const status = { observedGeneration: 1, desiredNumberScheduled: 2, currentNumberScheduled: 2 };
    const put = (more: object): void => {
      const metadata = { ...REF, generation: 1 };
      server.put({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata,
        spec: {},
        status: { ...status, ...more },
      });
    };
    put({ updatedNumberScheduled: 2, numberAvailable: 1 });
    const ref = { ...REF, kind: 'DaemonSet' as const };
    await expect(cluster.waitForRollout(ref, { timeoutMs: 400 })).rejects.toThrow(
      'of 2 pods 2 updated, 1 available',
    );
    put({ updatedNumberScheduled: 2, numberAvailable: 2 });
    await expect(cluster.waitForRollout(ref, { timeoutMs: 1000 })).resolves.toBeUndefined();
  });

  test('tells an image that cannot be had', async () => {
    deployment({ ...DONE, availableReplicas: 0 });
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "example.com/none:1"' };
    pod('hello-1', {
      phase: 'Pending',
      containerStatuses: [{ name: 'hello', ready: false, state: { waiting } }],
    });
    await expect(cluster.waitForRollout(REF, { timeoutMs: 400 })).rejects.toThrow(
      'pod hello-1 (Pending): container hello: ImagePullBackOff Back-off pulling image "example.com/none:1"',
    );
  });

  test('tells a container that crashes with the last lines of its last run, not of a finished init container', async () => {
    deployment({ ...DONE, availableReplicas: 0 });
    pod('hello-1', {
      phase: 'Running',
      initContainerStatuses: [{ name: 'init', ready: false, state: { terminated: { exitCode: 0 } } }],
      containerStatuses: [
        {
          name: 'hello',
          ready: false,
          restartCount: 4,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
          lastState: { terminated: { exitCode: 1 } },
        },
      ],
    });
    server.logs.set('sample/hello-1/hello previous', 'starting\ncannot bind :5000\n');
    const wait = cluster.waitForRollout(REF, { timeoutMs: 400 });
    await expect(wait).rejects.toThrow(
      'container hello: CrashLoopBackOff back-off 40s (exit code 1, 4 restarts)',
    );
    await expect(wait).rejects.toThrow('cannot bind :5000');
    await expect(wait).rejects.not.toThrow('container init');
  });

  test('tells a pod that cannot be scheduled, and that there is no pod at all', async () => {
    deployment({ ...DONE, availableReplicas: 0 });
    await expect(cluster.waitForRollout(REF, { timeoutMs: 400 })).rejects.toThrow('no pod matches app=hello');
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    pod('hello-1', { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message }] });
    await expect(cluster.waitForRollout(REF, { timeoutMs: 400 })).rejects.toThrow(
      `not scheduled: ${message}`,
    );
  });

  test('outlives a server that fails for a while', async () => {
    deployment(DONE);
    server.override(/^GET .*deployments/, (response) => response.writeHead(500).end('{}'), 2);
    await expect(cluster.waitForRollout(REF, { timeoutMs: 5000 })).resolves.toBeUndefined();
  });

  test('stops when aborted', async () => {
    deployment({});
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('interrupted')), 30);
    const wait = cluster.waitForRollout(REF, { timeoutMs: 5000, signal: controller.signal });
    await expect(wait).rejects.toThrow('interrupted');
  });
});

describe('waitForNoPods', () => {
  const selector = { namespace: 'sample', labelSelector: 'app=hello' };
  const slice = (...pods: string[]): void => {
    server.put({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'hello-abc', namespace: 'sample' },
      endpoints: pods.map((name) => ({ addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name } })),
    });
  };

  test('names the pods that are left', async () => {
    pod('hello-1', { phase: 'Running' });
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 400 })).rejects.toThrow(
      '1 left: hello-1 (Running)',
    );
  });

  test('does not wait for a pod that failed, as one that was evicted, and stays', async () => {
    pod('hello-1', { phase: 'Failed' });
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 1000 })).resolves.toBeUndefined();
  });

  test('is not over while an EndpointSlice names such a pod', async () => {
    pod('hello-1', { phase: 'Failed' });
    slice('hello-1');
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 400 })).rejects.toThrow(
      'pods gone, EndpointSlices still name hello-1',
    );
  });

  test('is not over while an EndpointSlice names a pod that is gone', async () => {
    slice('hello-1');
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 400 })).rejects.toThrow(
      'pods gone, EndpointSlices still name hello-1',
    );
  });

  test('lets endpoints of other pods be', async () => {
    const metadata = { name: 'other-1', namespace: 'sample', labels: { app: 'other' } };
    server.put({ apiVersion: 'v1', kind: 'Pod', metadata });
    slice('other-1');
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 1000 })).resolves.toBeUndefined();
  });
});

test('logs are asked for with their limits', async () => {
  server.logs.set('sample/hello-1/hello', 'one\ntwo\n');
  const request = { namespace: 'sample', pod: 'hello-1', container: 'hello', tailLines: 2, sinceSeconds: 60 };
  expect(await cluster.logs(request)).toBe('one\ntwo\n');
  const query = server.seen.at(-1)?.query.toString();
  expect(query).toBe('container=hello&tailLines=2&sinceSeconds=60&limitBytes=16777216');
});

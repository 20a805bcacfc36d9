import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Cluster, connect } from '../../cluster/cluster.ts';
import { deploy } from '../../deploy/apps.ts';
import { createNamespace, deleteNamespace } from '../../deploy/namespace.ts';
import { WRITES, mayDo, userOfRemoteSecret } from '../../mesh/istio/remote-rights.ts';
import { checkRights } from '../../provider/kubeconfig/check-rights.ts';
import type { Resource, Store } from '../types.ts';
import { TOKEN, type Bench, configMap, deployment, openBench, pod } from './testing.ts';

let bench: Bench;
let cluster: Cluster;

beforeAll(async () => {
  bench = await openBench();
  cluster = await connect({ name: 'cluster1', kubeconfig: await bench.kubeconfig() });
});
afterAll(async () => {
  await cluster.close();
  await bench.close();
});

const placement = {
  namespace: 'meshproof-r1',
  runId: 'r1',
  images: {},
  imageHub: undefined,
  imagePullSecret: undefined,
};
const replicasOf = ({ spec }: Resource): number => (spec as { replicas: number }).replicas;

/** Says at once that every Deployment is as it should be, as a controller whose pods start in no time. */
function rollOut(store: Store): () => void {
  return store.watch(({ type, object }) => {
    if (object.kind !== 'Deployment' || type === 'DELETED') return;
    const { name, namespace = '', generation } = object.metadata;
    const replicas = replicasOf(object);
    const status = { observedGeneration: generation, replicas };
    store.update({ kind: 'Deployment', name, namespace }, (copy) => ({
      ...copy,
      status: { ...status, updatedReplicas: replicas, availableReplicas: replicas },
    }));
  });
}

describe('a deployment', () => {
  test('goes into a namespace of its own, is rolled out, restarted and scaled, and goes with the namespace', async () => {
    const stop = rollOut(bench.store);
    const { namespace } = placement;
    const injection = { key: 'istio-injection', value: 'enabled' };
    await createNamespace(cluster, namespace, { runId: 'r1', injection });
    const { namespace: _sample, ...metadata } = deployment('app').metadata;
    await deploy(cluster, [{ ...deployment('app'), metadata }], { placement, timeoutMs: 5000 });
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app', namespace };
    const annotations = { 'meshproof.dev/restarted-at': 'now' };
    const restarted = await cluster.patch(ref, { spec: { template: { metadata: { annotations } } } });
    expect(restarted.metadata['generation']).toBe(2);
    expect(await cluster.scale({ namespace, name: 'app' }, 3)).toMatchObject({ before: 1 });
    await cluster.waitForRollout({ namespace, name: 'app' }, { timeoutMs: 5000 });
    expect(await cluster.get(ref)).toMatchObject({ status: { availableReplicas: 3 } });
    await deleteNamespace(cluster, namespace);
    expect(await cluster.get(ref)).toBeUndefined();
    stop();
  });

  test('that does not start is told with its pods and their last words', async () => {
    await cluster.apply(deployment('slow'));
    bench.store.create({
      ...pod('slow-1', { app: 'slow' }),
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'app', restartCount: 2, ready: false, state: { terminated: { exitCode: 1 } } },
        ],
      },
    });
    const waiting = cluster.waitForRollout({ namespace: 'sample', name: 'slow' }, { timeoutMs: 1500 });
    await expect(waiting).rejects.toThrow(/slow-1[\s\S]*exit code 1, 2 restarts[\s\S]*third app/);
  });

  test('has no pods when they and their endpoints are gone', async () => {
    bench.store.create(pod('last', { app: 'leaving' }));
    bench.store.create({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'leaving-x', namespace: 'sample' },
      endpoints: [{ addresses: ['127.10.0.1'], targetRef: { kind: 'Pod', name: 'last' } }],
    });
    const selector = { namespace: 'sample', labelSelector: 'app=leaving' };
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 1500 })).rejects.toThrow('1 left: last');
    bench.store.remove({ kind: 'Pod', name: 'last', namespace: 'sample' });
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 1500 })).rejects.toThrow('still name last');
    bench.store.remove({ kind: 'EndpointSlice', name: 'leaving-x', namespace: 'sample' });
    await expect(cluster.waitForNoPods(selector, { timeoutMs: 1500 })).resolves.toBeUndefined();
  });
});

describe('rights', () => {
  const reader = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'istio-reader' };
  const account = { namespace: 'istio-system', name: 'istio-reader' };

  beforeAll(async () => {
    const rules = [
      { apiGroups: ['', 'discovery.k8s.io'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
    ];
    const rbac = 'rbac.authorization.k8s.io/v1';
    await cluster.applyAll([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
      { apiVersion: rbac, kind: 'ClusterRole', metadata: { name: reader.name }, rules },
      {
        apiVersion: rbac,
        kind: 'ClusterRoleBinding',
        metadata: { name: reader.name },
        roleRef: reader,
        subjects: [{ kind: 'ServiceAccount', ...account }],
      },
    ]);
  });

  async function tokenOfSecret(): Promise<string> {
    const annotations = { 'kubernetes.io/service-account.name': account.name };
    const metadata = { ...account, name: 'reader-token', annotations };
    const type = 'kubernetes.io/service-account-token';
    await cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata, type });
    const secret = await cluster.get({ apiVersion: 'v1', kind: 'Secret', ...account, name: 'reader-token' });
    const { token = '' } = secret?.['data'] as { token?: string };
    return Buffer.from(token, 'base64').toString('utf8');
  }

  test("a remote secret's account reads and cannot write, asked as the harness asks", async () => {
    const token = await tokenOfSecret();
    const config = Buffer.from(stringify({ users: [{ user: { token } }] })).toString('base64');
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...account, name: 'remote', labels: { 'istio/multiCluster': 'true' } },
      data: { cluster2: config },
    });
    const user = await userOfRemoteSecret(cluster, 'cluster2');
    expect(user?.name).toBe('system:serviceaccount:istio-system:istio-reader');
    expect(await userOfRemoteSecret(cluster, 'cluster3')).toBeUndefined();
    if (user === undefined) return;
    expect(await mayDo(cluster, user, WRITES)).toEqual([]);
    const reads = [{ verb: 'watch', group: 'discovery.k8s.io', resource: 'endpointslices' }];
    expect(await mayDo(cluster, user, reads)).toEqual(['watch endpointslices']);
  });

  test('what a user lacks is found, with its name and the roles to apply', async () => {
    const text = bench.server.kubeconfig.replace(TOKEN, await tokenOfSecret());
    const limited = await connect({ name: 'cluster1', kubeconfig: await bench.kubeconfig(text) });
    const right = {
      verbs: ['create'],
      resources: ['pods'],
      group: '',
      need: 'always',
      purpose: 'test',
    } as const;
    const [finding] = await checkRights(limited, [right]);
    expect(finding?.message).toContain('system:serviceaccount:istio-system:istio-reader may not');
    expect(await checkRights(cluster, [right])).toEqual([]);
    await limited.close();
  });
});

describe('what else the harness asks', () => {
  test('events come oldest first', async () => {
    const event = (name: string, lastTimestamp: string) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'sample' },
      involvedObject: { kind: 'Pod', name: 'a' },
      lastTimestamp,
    });
    await cluster.applyAll([event('late', '2026-01-01T00:00:02Z'), event('early', '2026-01-01T00:00:01Z')]);
    const seen = await cluster.events('sample');
    expect(seen.map(({ metadata }) => metadata.name)).toEqual(['early', 'late']);
  });

  test('kinds of one name in two groups are two kinds', async () => {
    const metadata = { name: 'one', namespace: 'sample' };
    const istio = { apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata, spec: { servers: [] } };
    const api = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata,
      spec: { listeners: [] },
    };
    await cluster.applyAll([istio, api]);
    expect(await cluster.list({ apiVersion: istio.apiVersion, kind: 'Gateway' })).toMatchObject([istio]);
    await cluster.delete({ ...istio, ...metadata });
    expect(await cluster.get({ ...api, ...metadata })).toMatchObject(api);
    expect(await cluster.get({ ...istio, ...metadata })).toBeUndefined();
  });

  test('a group or a kind that is not there is said so, not guessed', async () => {
    const none = { apiVersion: 'example.org/v1', kind: 'Thing', name: 'a', namespace: 'sample' };
    await expect(cluster.get(none)).rejects.toThrow('has no kind Thing in example.org/v1');
  });

  test('its version and its clock', async () => {
    expect(await cluster.version()).toMatch(/^v1\.\d+\.\d+/);
    const { serverMs, localMs } = await cluster.clock();
    expect(Math.abs(serverMs - localMs)).toBeLessThan(1500);
  });

  test('a server that stands still answers nothing, and everything when it goes on', async () => {
    bench.server.freeze();
    const path = '/api/v1/namespaces/sample/configmaps/later';
    await expect(cluster.request('GET', path, { timeoutMs: 200 })).rejects.toThrow('was not answered');
    const asked = cluster.apply(configMap('later'));
    await expect
      .poll(() => bench.store.get({ kind: 'ConfigMap', name: 'later', namespace: 'sample' }))
      .toBeUndefined();
    bench.server.thaw();
    expect((await asked).metadata.name).toBe('later');
  });

  test('connections that are cut are opened anew', async () => {
    await cluster.version();
    bench.server.cut();
    expect(await cluster.version()).toContain('embedded');
  });
});

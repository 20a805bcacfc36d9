import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, type Cluster, connect } from '../../cluster/cluster.ts';
import { type Bench, configMap, inSample, openBench, pod, refusal } from './testing.ts';

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

const refused = (working: Promise<unknown>): Promise<ApiError> => refusal(working, ApiError);

describe('deleting', () => {
  test('a pod stays until its kubelet is done', async () => {
    bench.store.create(pod('lasting'));
    const ref = { apiVersion: 'v1', kind: 'Pod', ...inSample('lasting') };
    await cluster.delete(ref, { gracePeriodSeconds: 7 });
    const left = await cluster.get(ref);
    expect(left?.metadata).toMatchObject({ deletionGracePeriodSeconds: 7 });
    await cluster.delete(ref, { gracePeriodSeconds: 0 });
    expect(await cluster.get(ref)).toBeUndefined();
  });

  test('another propagation than Background is refused, not ignored', async () => {
    await cluster.apply(configMap('kept'));
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...inSample('kept') };
    const error = await refused(cluster.delete(ref, { propagation: 'Foreground' }));
    expect(error.message).toContain('this server has only Background');
    expect(await cluster.get(ref)).toBeDefined();
  });

  test('a finalizer holds an object until it is taken away', async () => {
    const held = {
      ...configMap('held', {}),
      metadata: { ...inSample('held'), finalizers: ['example.com/hold'] },
    };
    await cluster.apply(held);
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...inSample('held') };
    await cluster.delete(ref);
    expect((await cluster.get(ref))?.metadata['deletionTimestamp']).toBeDefined();
    await cluster.patch(ref, { metadata: { finalizers: null } });
    expect(await cluster.get(ref)).toBeUndefined();
  });

  test('what an owner leaves behind goes too', async () => {
    const owner = await cluster.apply(configMap('owner', {}));
    const uid = String(owner.metadata['uid']);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
    await cluster.apply({ ...configMap('owned', {}), metadata: { ...inSample('owned'), ownerReferences } });
    await cluster.delete({ apiVersion: 'v1', kind: 'ConfigMap', ...inSample('owner') });
    expect(await cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', ...inSample('owned') })).toBeUndefined();
  });

  test('a namespace goes when its last pod has gone, and takes nothing new meanwhile', async () => {
    const ref = { apiVersion: 'v1', kind: 'Namespace', name: 'leaving' };
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'leaving' } });
    await expect
      .poll(() => bench.store.get({ kind: 'ServiceAccount', name: 'default', namespace: 'leaving' }))
      .toBeDefined();
    bench.store.create({ ...pod('last'), metadata: { name: 'last', namespace: 'leaving' } });
    await cluster.delete(ref);
    expect(await cluster.get(ref)).toMatchObject({ status: { phase: 'Terminating' } });
    const late = { ...configMap('late', {}), metadata: { name: 'late', namespace: 'leaving' } };
    expect((await refused(cluster.apply(late))).message).toContain('because it is being terminated');
    bench.store.remove({ kind: 'Pod', name: 'last', namespace: 'leaving' });
    await cluster.deleteAndWait(ref, { timeoutMs: 1000 });
    expect(bench.store.list('ServiceAccount', { namespace: 'leaving' })).toEqual([]);
  });
});

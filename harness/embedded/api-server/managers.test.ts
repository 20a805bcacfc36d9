import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, type Cluster, connect } from '../../cluster/cluster.ts';
import { type Bench, configMap, deployment, inSample, openBench, refusal } from './testing.ts';

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

describe('server-side apply', () => {
  test('removes what the manager applied before and keeps what others set', async () => {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...inSample('merged') };
    await cluster.apply(configMap('merged', { mine: '1', old: '1' }));
    const theirs = { query: { fieldManager: 'somebody' }, contentType: 'application/merge-patch+json' };
    const url = '/api/v1/namespaces/sample/configmaps/merged';
    await cluster.request('PATCH', url, { ...theirs, body: { data: { theirs: '1' } } });
    await cluster.apply(configMap('merged', { mine: '2' }));
    expect((await cluster.get(ref))?.['data']).toEqual({ mine: '2', theirs: '1' });
  });

  test('refuses to take a field of another without force', async () => {
    await cluster.apply(configMap('contested', { field: '1' }));
    const error = await refused(
      cluster.request('PATCH', '/api/v1/namespaces/sample/configmaps/contested', {
        query: { fieldManager: 'somebody' },
        contentType: 'application/apply-patch+yaml',
        body: configMap('contested', { field: '2' }),
      }),
    );
    expect(error.status).toBe(409);
    expect(error.message).toContain('conflict with "meshproof": .data.field');
  });

  test('merges containers and variables by name, and an apply without a change changes nothing', async () => {
    const first = await cluster.apply(deployment('same'));
    expect(first.metadata['generation']).toBe(1);
    const again = await cluster.apply(deployment('same'));
    expect(again.metadata['resourceVersion']).toBe(first.metadata['resourceVersion']);
    const url = '/apis/apps/v1/namespaces/sample/deployments/same';
    const variable = { containers: [{ name: 'app', env: [{ name: 'B', value: '2' }] }] };
    const body = { spec: { template: { spec: variable } } };
    await cluster.request('PATCH', url, { contentType: 'application/strategic-merge-patch+json', body });
    const after = await cluster.apply(deployment('same', 'two'));
    expect(after).toMatchObject({
      metadata: { generation: 3 },
      spec: {
        replicas: 1,
        template: { spec: { containers: [{ image: 'two', env: [{ name: 'A' }, { name: 'B' }] }] } },
      },
    });
  });

  test('names unknown fields and immutable ones', async () => {
    const unknown = await refused(cluster.apply({ ...configMap('x', {}), dataa: {} }));
    expect(unknown.message).toContain('unknown field "dataa"');
    await cluster.apply(deployment('fixed'));
    const moved = deployment('fixed');
    moved.spec.selector.matchLabels = { app: 'else' };
    moved.spec.template.metadata.labels = { app: 'else' };
    expect((await refused(cluster.apply(moved))).message).toContain('field is immutable');
  });

  test('dryRun stores nothing', async () => {
    await cluster.apply(configMap('dry', {}), { dryRun: true });
    expect(bench.store.get({ kind: 'ConfigMap', ...inSample('dry') })).toBeUndefined();
  });

  test('an applied CRD serves its kind at once', async () => {
    await cluster.applyAll([
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'widgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { kind: 'Widget', plural: 'widgets' },
          versions: [{ name: 'v1', served: true, storage: true }],
        },
      },
      { apiVersion: 'example.com/v1', kind: 'Widget', metadata: inSample('one'), spec: { size: 1 } },
    ]);
    const [widget] = await cluster.list({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      namespace: 'sample',
    });
    expect(widget).toMatchObject({ kind: 'Widget', spec: { size: 1 } });
  });
});

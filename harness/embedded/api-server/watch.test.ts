import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, connect } from '../../cluster/cluster.ts';
import { type Bench, configMap, inSample, openBench } from './testing.ts';

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

interface Told {
  readonly type: string;
  readonly object: { readonly kind: string; readonly metadata: { readonly resourceVersion?: string } };
}

describe('watching', () => {
  test('tells changes in order from a version on, as the selector sees them', async () => {
    const url = '/api/v1/namespaces/sample/configmaps';
    const { metadata } = (await cluster.request('GET', url)) as { metadata: { resourceVersion: string } };
    await cluster.apply({
      ...configMap('seen', {}),
      metadata: { ...inSample('seen'), labels: { on: 'yes' } },
    });
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...inSample('seen') };
    await cluster.patch(ref, { data: { a: '1' } });
    await cluster.patch(ref, { metadata: { labels: { on: 'no' } } });
    const query = {
      watch: 1,
      resourceVersion: metadata.resourceVersion,
      labelSelector: 'on=yes',
      timeoutSeconds: 1,
    };
    const told = await cluster.text(url, { query });
    const types = told
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  const streamed = async (url: string, query: Record<string, string | number>): Promise<Told[]> => {
    const text = await cluster.text(url, { query: { watch: 1, timeoutSeconds: 1, ...query } });
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told);
  };

  test('ends with a bookmark, from which the next watch misses nothing and repeats nothing', async () => {
    const url = '/api/v1/namespaces/sample/secrets';
    const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: inSample(name) });
    await cluster.apply(secret('one'));
    const first = await streamed(url, { allowWatchBookmarks: 'true' });
    expect(first).toMatchObject([{ type: 'ADDED' }, { type: 'BOOKMARK', object: { kind: 'Secret' } }]);
    const { resourceVersion = '' } = first[1]?.object.metadata ?? {};
    await cluster.apply(secret('two'));
    const next = await streamed(url, { resourceVersion });
    expect(next).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'two' } } }]);
  });

  test('is not told of another group whose kind has the same name', async () => {
    const of = (group: string) => ({
      apiVersion: `${group}/v1`,
      kind: 'Gateway',
      metadata: inSample(group.replaceAll('.', '-')),
      spec: {},
    });
    const told = streamed('/apis/networking.istio.io/v1/gateways', {});
    await cluster.applyAll([of('gateway.networking.k8s.io'), of('networking.istio.io')]);
    expect(await told).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'networking-istio-io' } } },
    ]);
  });

  test('a version that is no longer kept is answered 410', async () => {
    for (let change = 0; change < 5100; change++) {
      bench.store.update({ kind: 'ConfigMap', ...inSample('seen') }, (copy) => ({
        ...copy,
        data: { n: String(change) },
      }));
    }
    const late = await cluster.text('/api/v1/pods', {
      query: { watch: 1, resourceVersion: 2, timeoutSeconds: 1 },
    });
    expect(late).toContain('"code":410');
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, type Cluster, connect } from '../../cluster/cluster.ts';
import type { Resource } from '../types.ts';
import { type Bench, configMap, deployment, inSample, openBench, refusal } from './testing.ts';

let bench: Bench;
let cluster: Cluster;

beforeAll(async () => {
  bench = await openBench();
  cluster = await connect({ name: 'cluster1', kubeconfig: await bench.kubeconfig() });
  await cluster.applyAll([deployment('same'), configMap('merged', { mine: '2', theirs: '1' })]);
});
afterAll(async () => {
  await cluster.close();
  await bench.close();
});

const refused = (working: Promise<unknown>): Promise<ApiError> => refusal(working, ApiError);

describe('reading and writing', () => {
  test('lists by labels and fields, page by page', async () => {
    for (const name of ['a', 'b', 'c']) await cluster.apply(configMap(`paged-${name}`, {}));
    const url = '/api/v1/namespaces/sample/configmaps';
    const fieldSelector = 'metadata.name!=paged-b';
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = (await cluster.request('GET', url, {
        query: { limit: 2, continue: token, fieldSelector },
      })) as {
        items: Resource[];
        metadata: { continue?: string };
      };
      names.push(...page.items.map(({ metadata }) => metadata.name));
      token = page.metadata.continue;
    } while (token !== undefined);
    expect(names.filter((name) => name.startsWith('paged'))).toEqual(['paged-a', 'paged-c']);
    const found = await cluster.list({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      labelSelector: 'app in (same, x),!no',
    });
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['same']);
    const broken = await refused(cluster.list({ apiVersion: 'v1', kind: 'Pod', labelSelector: 'a=(' }));
    expect(broken.status).toBe(400);
  });

  test('PUT with an old resourceVersion is a conflict; POST of what is there as well', async () => {
    const url = '/api/v1/namespaces/sample/configmaps';
    const made = (await cluster.request('POST', url, { body: configMap('raced', {}) })) as Resource;
    expect((await refused(cluster.request('POST', url, { body: configMap('raced', {}) }))).reason).toBe(
      'AlreadyExists',
    );
    await cluster.request('PUT', `${url}/raced`, { body: { ...made, data: { a: '1' } } });
    const late = await refused(
      cluster.request('PUT', `${url}/raced`, { body: { ...made, data: { a: '2' } } }),
    );
    expect(late.reason).toBe('Conflict');
  });

  test('the status is written by itself', async () => {
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', ...inSample('same') };
    const body = { spec: { replicas: 9 }, status: { replicas: 1 } };
    const after = await cluster.patch(ref, body, { subresource: 'status' });
    expect(after).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 } });
    const next = await cluster.patch(ref, { status: { replicas: 7 } });
    expect(next).toMatchObject({ status: { replicas: 1 } });
  });

  test('a JSON patch that tests for something else is refused', async () => {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...inSample('merged') };
    const wrong = [{ op: 'test', path: '/data/mine', value: 'x' }];
    expect((await refused(cluster.patch(ref, wrong, { type: 'json' }))).status).toBe(422);
    const right = [{ op: 'remove', path: '/data/mine' }];
    expect((await cluster.patch(ref, right, { type: 'json' }))['data']).toEqual({ theirs: '1' });
  });

  test('scales', async () => {
    expect((await cluster.scale(inSample('same'), 0)).before).toBe(1);
    expect((await cluster.scale(inSample('same'), 2)).before).toBe(0);
  });

  test('who scales is noted as the one who says how many replicas there are', async () => {
    await cluster.apply(deployment('owned'));
    await cluster.scale(inSample('owned'), 3);
    const { metadata } = bench.store.get({ group: 'apps', kind: 'Deployment', ...inSample('owned') }) ?? {};
    expect(metadata?.['managedFields']).toContainEqual(
      expect.objectContaining({ subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }),
    );
  });

  test('a deletion that is only tried, or meant for an older version, deletes nothing', async () => {
    const url = '/api/v1/namespaces/sample/configmaps/kept';
    await cluster.apply(configMap('kept', {}));
    await cluster.request('DELETE', url, { body: { dryRun: ['All'] } });
    await cluster.request('DELETE', '/api/v1/namespaces/sample/configmaps', {
      query: { dryRun: 'All', fieldSelector: 'metadata.name=kept' },
    });
    const stale = await refused(
      cluster.request('DELETE', url, { body: { preconditions: { resourceVersion: '1' } } }),
    );
    expect(stale.reason).toBe('Conflict');
    expect(bench.store.get({ kind: 'ConfigMap', ...inSample('kept') })).toBeDefined();
  });

  test('a pod whose account is not there is forbidden', async () => {
    const spec = { serviceAccountName: 'nobody', containers: [{ name: 'app', image: 'curl' }] };
    const wanted = { apiVersion: 'v1', kind: 'Pod', metadata: inSample('lost'), spec };
    const why = await refused(cluster.apply(wanted));
    expect([why.status, why.message]).toEqual([
      403,
      expect.stringContaining(
        'error looking up service account sample/nobody: serviceaccount "nobody" not found',
      ),
    ]);
  });

  const long = (length: number): string => 'a'.repeat(length);
  const core = { apiVersion: 'v1' };
  test.each([
    [
      { ...core, kind: 'Service', metadata: inSample(long(63)) },
      { ...core, kind: 'Service', metadata: inSample(long(64)) },
    ],
    [
      { ...core, kind: 'Service', metadata: inSample('a-1') },
      { ...core, kind: 'Service', metadata: inSample('1-a') },
    ],
    [
      { ...core, kind: 'Namespace', metadata: { name: 'a1' } },
      { ...core, kind: 'Namespace', metadata: { name: 'a.1' } },
    ],
    [configMap(long(253), {}), configMap(long(254), {})],
    [
      {
        ...core,
        kind: 'Namespace',
        metadata: { name: 'b1', labels: { [`x/${long(63)}`]: long(63), empty: '' } },
      },
      { ...core, kind: 'Namespace', metadata: { name: 'b2', labels: { of: long(64) } } },
    ],
    [
      { ...core, kind: 'Namespace', metadata: { name: 'b1', labels: { A_1: 'a_B.c' } } },
      { ...core, kind: 'Namespace', metadata: { name: 'b2', labels: { of: 'a/b' } } },
    ],
  ])('names and labels are as long as Kubernetes takes them, and no longer: %#', async (sound, wrong) => {
    await cluster.apply(sound);
    expect((await refused(cluster.apply(wrong))).status).toBe(422);
  });

  test('Istio is there in all its versions', async () => {
    const spec = { host: 'a', trafficPolicy: {} };
    await cluster.apply({
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: inSample('rule'),
      spec,
    });
    const old = { apiVersion: 'networking.istio.io/v1beta1', kind: 'DestinationRule', ...inSample('rule') };
    expect(await cluster.get(old)).toMatchObject({ apiVersion: 'networking.istio.io/v1beta1', spec });
  });
});

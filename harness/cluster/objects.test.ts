import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakeApiServer, type Seen, answer, startApiServer } from '../../fixtures/api-server/server.ts';
import { statusBody } from '../../fixtures/api-server/resources.ts';
import { ApiError, type Cluster, ClusterError, connect } from './cluster.ts';
import type { KubernetesObject } from './types.ts';

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

const configMap = (name: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'sample', ...more },
});
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'sample' };

async function refusal(working: Promise<unknown>): Promise<ClusterError> {
  const error: unknown = await working.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClusterError)) throw new Error(`ClusterError expected, got ${String(error)}`);
  return error;
}

function sent(method: string): Seen[] {
  return server.seen.filter((seen) => seen.method === method);
}

describe('apply', () => {
  test('is a server-side apply: forced, strict, by our field manager, with every field as it was given', async () => {
    await cluster.apply({ ...configMap('a'), data: { key: 'value' }, futureField: { kept: true } });
    const [seen] = sent('PATCH');
    expect(seen?.path).toBe('/api/v1/namespaces/sample/configmaps/a');
    expect(seen?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(seen?.query.toString()).toBe('fieldManager=meshproof&force=true&fieldValidation=Strict');
    expect(JSON.parse(seen?.body ?? '')).toMatchObject({
      data: { key: 'value' },
      futureField: { kept: true },
    });
  });

  test('with dryRun stores nothing', async () => {
    await cluster.apply(configMap('a'), { dryRun: true });
    expect(sent('PATCH')[0]?.query.get('dryRun')).toBe('All');
    expect(await cluster.get({ ...CONFIG_MAP, name: 'a' })).toBeUndefined();
  });

  test('takes an object that was read', async () => {
    const read = configMap('a', { managedFields: [{ manager: 'kubectl' }] });
    await expect(cluster.apply(read)).resolves.toMatchObject({ metadata: { name: 'a' } });
  });

  test('names the fields that strict validation refuses', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'sample' } };
    const error = await refusal(cluster.apply({ ...service, spec: { selecter: {}, prots: [] } }));
    expect(error).toMatchObject({ status: 400, reason: 'BadRequest' });
    expect(error.message).toContain('unknown field "spec.selecter", unknown field "spec.prots"');
  });

  test('tells every cause of a 422', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'sample' },
      spec: {},
    };
    const error = await refusal(cluster.apply(service));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(error.message).toContain('[spec.ports: Required value; spec.type: Invalid value: "none"]');
  });

  test('waits for a webhook that is starting', async () => {
    const message =
      'Internal error occurred: failed calling webhook "validation.istio.io": connection refused';
    server.override(
      /^PATCH .*configmaps\/webhook/,
      (response) => answer(response, 500, statusBody(500, 'InternalError', message)),
      1,
    );
    await cluster.apply(configMap('webhook'));
    expect(sent('PATCH')).toHaveLength(2);
  });

  test('refuses a namespaced object without a namespace, and a kind that the server has not got', async () => {
    const homeless = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    expect((await refusal(cluster.apply(homeless))).message).toContain('names no namespace');
    const foreign = { apiVersion: 'example.com/v1', kind: 'Gadget', name: 'g', namespace: 'sample' };
    expect(await refusal(cluster.get(foreign))).toMatchObject({ kind: 'no-such-kind' });
  });
});

describe('applyAll', () => {
  const crd: KubernetesObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1' }] },
  };
  const widget = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'sample' },
  };

  test('applies Namespaces and CRDs first, and custom resources once their kind is served', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sample' } };
    await cluster.applyAll([widget, configMap('a'), crd, namespace]);
    const order = sent('PATCH').map((seen) => seen.path.split('/').at(-1));
    expect(order).toEqual(['sample', 'widgets.example.com', 'a', 'w']);
    const ref = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', namespace: 'sample' };
    expect(await cluster.get(ref)).toMatchObject(widget);
  });

  test('is done with a CRD only when it is Established', async () => {
    await cluster.applyAll([crd]);
    const ref = { apiVersion: crd.apiVersion, kind: crd.kind, name: crd.metadata.name };
    expect(await cluster.get(ref)).toMatchObject({ status: { conditions: [{ type: 'Established' }] } });
  });

  test('tells all failures at once, and begins nothing that comes after them', async () => {
    const bad = (name: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'sample' },
      spec: { typo: 1 },
    });
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'sample' },
    };
    const error = await refusal(cluster.applyAll([bad('one'), bad('two'), configMap('good'), deployment]));
    expect(error.message).toContain('2 objects could not be applied');
    expect(error.message).toMatch(/Service one: [\s\S]*Service two: /);
    expect(await cluster.get({ ...CONFIG_MAP, name: 'good' })).toBeDefined();
    expect(sent('PATCH').map((seen) => seen.path)).not.toContain(expect.stringContaining('deployments'));
  });
});

describe('list', () => {
  test('reads all pages, filters by label, and fills in kind and apiVersion', async () => {
    for (let i = 0; i < 1203; i++) server.put(configMap(`c${String(i)}`, { labels: { odd: String(i % 2) } }));
    const all = await cluster.list(CONFIG_MAP);
    expect(new Set(all.map((each) => each.metadata.name)).size).toBe(1203);
    expect(all[1202]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(sent('GET').filter((seen) => seen.query.has('limit'))).toHaveLength(3);
    expect(await cluster.list({ ...CONFIG_MAP, labelSelector: 'odd=1' })).toHaveLength(601);
  });

  test('begins again when its pages expire (410)', async () => {
    for (let i = 0; i < 600; i++) server.put(configMap(`c${String(i)}`));
    let refused = false;
    server.override(
      /^GET .*configmaps$/,
      (response, seen) => {
        refused = seen.query.has('continue');
        if (refused)
          answer(response, 410, statusBody(410, 'Expired', 'The provided continue parameter is too old'));
        else
          answer(response, 200, { metadata: { continue: '500' }, items: [{ metadata: { name: 'stale' } }] });
      },
      2,
    );
    const all = await cluster.list(CONFIG_MAP);
    expect(refused).toBe(true);
    expect(all).toHaveLength(600);
    expect(all.map((each) => each.metadata.name)).not.toContain('stale');
  });
});

describe('answers that are not a success', () => {
  test.each([
    [403, 'Forbidden', 'ask the administrator of cluster1'],
    [409, 'Conflict', ''],
    [503, 'ServiceUnavailable', ''],
  ])('%i is an ApiError with reason %s', async (code, reason, remedy) => {
    const path = `/api/v1/namespaces/sample/configmaps/status-${String(code)}`;
    server.override(new RegExp(`${path}$`), (response) =>
      answer(response, code, statusBody(code, reason, 'because')),
    );
    const error = await refusal(cluster.get({ ...CONFIG_MAP, name: `status-${String(code)}` }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: code, reason });
    expect(error.message).toContain(`GET ${path} was answered ${String(code)}: because`);
    expect(error.remedy ?? '').toContain(remedy);
  });

  test('404 of an object is undefined; a body that is no Status is told as it is', async () => {
    expect(await cluster.get({ ...CONFIG_MAP, name: 'none' })).toBeUndefined();
    server.override(
      /^GET \/plain/,
      (response) => response.writeHead(502).end('bad gateway of some proxy'),
      1,
    );
    expect((await refusal(cluster.request('GET', '/plain'))).message).toContain(
      '502: bad gateway of some proxy',
    );
  });
});

describe('delete', () => {
  test('deletes in the background, and takes it easy when there is nothing, nor the kind', async () => {
    server.put(configMap('a'));
    await cluster.delete({ ...CONFIG_MAP, name: 'a' });
    expect(JSON.parse(sent('DELETE')[0]?.body ?? '')).toMatchObject({ propagationPolicy: 'Background' });
    await cluster.delete({ ...CONFIG_MAP, name: 'a' });
    await cluster.delete({ apiVersion: 'gone.io/v1', kind: 'Gone', name: 'a' });
    expect(await cluster.get({ ...CONFIG_MAP, name: 'a' })).toBeUndefined();
  });

  test('waiting for it tells what holds it', async () => {
    server.put(configMap('held', { finalizers: ['example.com/keep'] }));
    const wait = cluster.deleteAndWait({ ...CONFIG_MAP, name: 'held' }, { timeoutMs: 400 });
    await expect(wait).rejects.toThrow(
      'waited 400 ms for ConfigMap held of cluster1 to be gone; last seen: being deleted since 2026-01-01T00:00:00Z, finalizers: example.com/keep',
    );
    server.put(configMap('free'));
    await expect(
      cluster.deleteAndWait({ ...CONFIG_MAP, name: 'free' }, { timeoutMs: 1000 }),
    ).resolves.toBeUndefined();
  });
});

test('patch goes out with the content type of its kind, to the subresource', async () => {
  server.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'sample' } });
  const ref = { apiVersion: 'v1', kind: 'Service', name: 's', namespace: 'sample' };
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
  expect(await cluster.patch(ref, { status }, { subresource: 'status' })).toMatchObject({ status });
  expect(sent('PATCH')[0]?.path).toBe('/api/v1/namespaces/sample/services/s/status');
  expect(sent('PATCH')[0]?.headers['content-type']).toBe('application/merge-patch+json');
});

test('events come oldest first', async () => {
  const event = (name: string, lastTimestamp: string): void => {
    server.put({ apiVersion: 'v1', kind: 'Event', metadata: { name, namespace: 'sample' }, lastTimestamp });
  };
  event('late', '2026-01-02T00:00:00Z');
  event('early', '2026-01-01T00:00:00Z');
  expect((await cluster.events('sample')).map((each) => each.metadata.name)).toEqual(['early', 'late']);
});

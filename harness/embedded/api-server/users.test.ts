import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, type Cluster, connect } from '../../cluster/cluster.ts';
import { type Bench, TOKEN, inSample, openBench, refusal } from './testing.ts';

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

const connected = async (text: string): Promise<Cluster> =>
  connect({ name: 'cluster1', kubeconfig: await bench.kubeconfig(text) });

describe('who may do what', () => {
  test('a wrong token is answered 401, none at all 403', async () => {
    const wrong = await connected(bench.server.kubeconfig.replace(TOKEN, 'stale'));
    const error = await refused(wrong.list({ apiVersion: 'v1', kind: 'Pod' }));
    expect(error.status).toBe(401);
    await wrong.close();
    const anonymous = await connected(bench.server.kubeconfig.replace(/user:\n\s+token: .*/, 'user: {}'));
    expect(await anonymous.version()).toContain('v1.34');
    const denied = await refused(anonymous.request('GET', '/api/v1/pods'));
    expect(denied.status).toBe(403);
    expect(denied.message).toContain('User "system:anonymous" cannot list resource "pods"');
    await anonymous.close();
  });

  test("a service account's token may what RBAC binds to it, until the account is gone", async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inSample('reader') };
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', ...inSample('reader') }],
    };
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    };
    await cluster.applyAll([account, role, binding]);
    const tokens = '/api/v1/namespaces/sample/serviceaccounts/reader/token';
    const { status } = (await cluster.request('POST', tokens, { body: {} })) as { status: { token: string } };
    const reader = await connected(bench.server.kubeconfig.replace(TOKEN, status.token));
    expect(await reader.list({ apiVersion: 'v1', kind: 'Pod' })).toEqual([]);
    expect((await refused(reader.list({ apiVersion: 'v1', kind: 'Secret' }))).status).toBe(403);
    expect(await reader.mayI({ verb: 'list', resource: 'pods' })).toBe(true);
    expect(await reader.mayI({ verb: 'delete', resource: 'pods' })).toBe(false);
    await cluster.delete({ apiVersion: 'v1', kind: 'ServiceAccount', ...inSample('reader') });
    expect((await refused(reader.request('GET', '/api/v1/pods'))).status).toBe(401);
    await reader.close();
  });

  test('the administrator may everything, and learns its name', async () => {
    expect(await cluster.mayI({ verb: 'delete', resource: 'nodes' })).toBe(true);
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const review = await cluster.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body,
    });
    expect(review).toMatchObject({ status: { userInfo: { username: 'kubernetes-admin' } } });
  });
});

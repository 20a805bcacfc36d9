import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer, startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import { mayDo, userOfRemoteSecret, WRITES } from './remote-rights.ts';

let server: FakeApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await startApiServer();
  cluster = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
});
afterEach(async () => {
  await cluster.close();
  await server.close();
});

const NAME = 'system:serviceaccount:istio-system:istio-reader-service-account';
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${encoded({ alg: 'RS256' })}.${encoded({ sub: NAME })}.c2lnbmF0dXJl`;

/** A remote secret as `istioctl create-remote-secret` makes it. */
function remoteSecret(
  clusterId: string,
  user: object,
  labels: Record<string, string> = { 'istio/multiCluster': 'true' },
): void {
  const kubeconfig = JSON.stringify({ kind: 'Config', users: [{ name: clusterId, user }] });
  server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `istio-remote-secret-${clusterId}`, namespace: 'istio-system', labels },
    data: { [clusterId]: Buffer.from(kubeconfig).toString('base64') },
  });
}

test('the account of a remote secret is read from its token, with the groups that the API server gives it', async () => {
  remoteSecret('cluster3', { token: 'other' });
  remoteSecret('cluster2', { token });
  expect(await userOfRemoteSecret(cluster, 'cluster2')).toEqual({
    name: NAME,
    groups: ['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:istio-system'],
  });
});

test('there is none without a Secret that the control plane would read', async () => {
  remoteSecret('cluster2', { token }, {});
  expect(await userOfRemoteSecret(cluster, 'cluster2')).toBeUndefined();
});

test('one without a token is an error that does not hold the secret', async () => {
  remoteSecret('cluster2', { 'client-key-data': 'c2VjcmV0' });
  await expect(userOfRemoteSecret(cluster, 'cluster2')).rejects.toThrow(
    /^the remote secret for cluster2 in cluster1 holds no token; its rights cannot be asked for; look: kubectl /,
  );
});

test.each([
  ['cut short', 'users:\n- user:\n    token: "abcdefghijklmnop\n', 'kubeconfig that can be read'],
  ['of no account', 'users: [{ user: { token: abcdefgh.ijklmnop } }]', 'token that names its account'],
])('one whose token is %s is an error that does not quote it', async (_how, kubeconfig, lacking) => {
  server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'x', namespace: 'istio-system', labels: { 'istio/multiCluster': 'true' } },
    data: { cluster2: Buffer.from(kubeconfig).toString('base64') },
  });
  const error: unknown = await userOfRemoteSecret(cluster, 'cluster2').catch((thrown: unknown) => thrown);
  expect(String(error)).toContain(`holds no ${lacking}`);
  expect(String(error)).not.toMatch(/abcdef|ijklmn/);
});

test('what an account may do is asked for each deed, as that account', async () => {
  server.override(/POST .*\/subjectaccessreviews$/, (response, { body }) => {
    const { spec } = JSON.parse(body) as {
      spec: { user: string; groups: string[]; resourceAttributes: { verb: string; resource: string } };
    };
    const { verb, resource } = spec.resourceAttributes;
    const allowed =
      spec.user === NAME && spec.groups.includes('g') && `${verb} ${resource}` === 'delete pods';
    answer(response, 201, { status: { allowed } });
  });
  expect(await mayDo(cluster, { name: NAME, groups: ['g'] }, WRITES)).toEqual(['delete pods']);
  expect(await mayDo(cluster, { name: 'another', groups: ['g'] }, WRITES)).toEqual([]);
  expect(WRITES.length).toBeGreaterThan(50);
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answer, startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { connect } from '../cluster/cluster.ts';
import type { Finding } from '../provider/types.ts';
import { meshPreflight, type MeshMember } from './preflight.ts';
import { judgeSync } from './preflight/remote-secrets.ts';
import type { EastWestGateway, MeshInCluster } from './types.ts';

const SYSTEM = 'istio-system';
const SECRET = 'eyJhbGciOiJub25lIn0';
const servers: FakeApiServer[] = [];

beforeEach(async () => {
  servers.push(await startApiServer(), await startApiServer());
  for (const [index, server] of servers.entries()) {
    const plural = (
      name: string,
      kind: string,
      namespaced = true,
    ): { name: string; kind: string; namespaced: boolean } => ({ name, kind, namespaced });
    server.kinds.get('/api/v1')?.push(plural('secrets', 'Secret'));
    server.kinds.set('/apis/security.istio.io/v1', [plural('peerauthentications', 'PeerAuthentication')]);
    server.kinds.set('/apis/admissionregistration.k8s.io/v1', [
      plural('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', false),
    ]);
    server.override(/^GET \/apis$/, (response) => {
      answer(response, 200, { groups: [{ name: 'networking.istio.io' }] });
    });
    server.put({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'injector', labels: { app: 'sidecar-injector' } },
      webhooks: [
        {
          namespaceSelector: {
            matchExpressions: [{ key: 'istio-injection', operator: 'In', values: ['enabled'] }],
          },
        },
      ],
    });
    remoteSecret(server, { id: `cluster${String(2 - index)}` });
  }
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const token = (expiresMs: number): string =>
  `${SECRET}.${Buffer.from(JSON.stringify({ exp: expiresMs / 1000 })).toString('base64url')}.c2ln`;

const encoded = (address: string, expiresMs: number): string =>
  Buffer.from(
    JSON.stringify({
      clusters: [{ cluster: { server: address } }],
      users: [{ user: { token: token(expiresMs) } }],
    }),
  ).toString('base64');

function remoteSecret(
  server: FakeApiServer | undefined,
  {
    id,
    address = 'https://198.51.100.1:6443',
    expiresMs = Date.now() + 1e6,
  }: { id: string; address?: string; expiresMs?: number },
): void {
  const metadata = { name: 'remote', namespace: SYSTEM, labels: { 'istio/multiCluster': 'true' } };
  server?.put({ apiVersion: 'v1', kind: 'Secret', metadata, data: { [id]: encoded(address, expiresMs) } });
}

const gateway = (addresses: string[] = ['198.51.100.2']): EastWestGateway => ({
  namespace: SYSTEM,
  service: 'istio-eastwestgateway',
  deployment: 'istio-eastwestgateway',
  selector: {},
  addresses,
  port: 15443,
  listenerPorts: [15443],
});

const healthy = (index: number): MeshInCluster => ({
  cluster: `cluster${String(index + 1)}`,
  clusterId: `cluster${String(index + 1)}`,
  configuredBy: 'cluster1',
  network: 'network1',
  controlPlanes: [{ revision: 'default', version: '1.31.0', deployment: 'istiod' }],
  injectionLabel: { key: 'istio-injection', value: 'enabled' },
  eastWestGateway: null,
  rootFingerprint: 'ab'.repeat(32),
});

async function members(
  changed: readonly Partial<MeshInCluster>[] = [],
  expected: readonly string[] = ['network1', 'network1'],
): Promise<MeshMember[]> {
  return Promise.all(
    servers.map(async (server, index) => {
      const name = `cluster${String(index + 1)}`;
      const client = await connect({ name, kubeconfig: await server.kubeconfig() });
      return {
        name,
        client,
        mesh: { ...healthy(index), ...changed[index] },
        expectedNetwork: expected[index] ?? '',
      };
    }),
  );
}

/** Findings, without those on istiod's debug interface, which the fixture has not got. */
async function findings(...given: Parameters<typeof members>): Promise<Finding[]> {
  const all = await members(...given);
  const found = await meshPreflight(all);
  await Promise.all(all.map(({ client }) => client.close()));
  expect(JSON.stringify(found)).not.toContain(SECRET);
  return found.filter(({ message }) => !message.includes('cannot be asked'));
}

const one = (subject: string, severity: Finding['severity'], message: RegExp): unknown =>
  expect.objectContaining({ subject, severity, message: expect.stringMatching(message) as string });

describe('a mesh that is there', () => {
  test('and healthy is no finding', async () => {
    expect(await findings()).toEqual([]);
  });

  test('but not in one cluster is an error, and the only one', async () => {
    const bare = await startApiServer();
    bare.override(/^GET \/apis$/, (response) => {
      answer(response, 200, { groups: [{ name: 'apps' }] });
    });
    await servers.pop()?.close();
    servers.push(bare);
    expect(await findings([{ rootFingerprint: 'cd'.repeat(32) }])).toEqual([
      one('cluster2', 'error', /there is no Istio/),
    ]);
  });

  test('is mended by commands for the very context that was given, not the current one', async () => {
    const all = await members([{ network: null }], ['network1', 'network2']);
    const [first] = all;
    if (first === undefined) throw new Error('there is no member');
    const other = await connect({
      name: first.name,
      kubeconfig: first.client.kubeconfig,
      context: 'fixture',
    });
    const found = await meshPreflight([{ ...first, client: other }, ...all.slice(1)]);
    await Promise.all([other, ...all.map(({ client }) => client)].map((client) => client.close()));
    const remedies = found
      .filter(({ subject }) => subject === first.name)
      .flatMap(({ remedy }) => remedy ?? []);
    const commands = remedies.filter((remedy) => remedy.includes('--kubeconfig'));
    expect(commands).not.toEqual([]);
    expect(commands.filter((command) => !command.includes('--context fixture'))).toEqual([]);
  });

  test('with istiod pods that do not answer is a warning', async () => {
    const all = await members();
    const found = await meshPreflight(all);
    expect(found).toEqual(
      [1, 2].map((n) => one(`cluster${String(n)}`, 'warning', /cannot be asked: no ready istiod pod/)),
    );
  });

  test('with different roots is a warning, for the scenarios are to judge it', async () => {
    expect(await findings([{ rootFingerprint: 'cd'.repeat(32) }])).toEqual([
      one(
        'mesh',
        'warning',
        /different roots \(SHA-256 cluster1: cdcdcdcdcdcdcdcd…, cluster2: abababababababab…\).*CERTIFICATE_VERIFY_FAILED/,
      ),
    ]);
    expect(await findings([{ rootFingerprint: null }])).toEqual([
      one('cluster1', 'warning', /root of trust is unknown/),
    ]);
  });

  test('with one cluster ID twice is a warning', async () => {
    const found = await findings([{ clusterId: 'Kubernetes' }, { clusterId: 'Kubernetes' }]);
    expect(found[0]).toEqual(
      one('mesh', 'warning', /not unique \(cluster1: Kubernetes, cluster2: Kubernetes\)/),
    );
  });

  test('with a cluster ID that nothing tells is one warning, and that cluster is looked for nowhere', async () => {
    expect(await findings([{}, { clusterId: null }])).toEqual([
      one('cluster2', 'warning', /cluster ID is unknown.*inconclusive/),
    ]);
  });

  test('with control planes two minor versions apart is a warning, one apart a note', async () => {
    const version = (text: string): Partial<MeshInCluster> => ({
      controlPlanes: [{ revision: 'default', version: text, deployment: 'istiod' }],
    });
    expect(await findings([version('1.29.1')])).toEqual([
      one('mesh', 'warning', /more than one minor version apart/),
    ]);
    expect(await findings([version('1.30.1')])).toEqual([one('mesh', 'info', /several versions/)]);
  });

  test('with control planes hosted elsewhere is not asked for secrets', async () => {
    for (const server of servers) server.objects.clear();
    const found = await findings([{ controlPlanes: [] }, { controlPlanes: [] }]);
    expect(found).toEqual([1, 2].map((n) => one(`cluster${String(n)}`, 'warning', /no injector/)));
  });
});

describe('networks', () => {
  test('of another variant are told, names do not matter', async () => {
    expect(await findings([{ network: 'east' }, { network: 'east' }])).toEqual([]);
    expect(await findings([], ['network1', 'network2'])).toEqual([
      one(
        'mesh',
        'warning',
        /wants cluster1: network1, cluster2: network2; the clusters are on cluster1: network1, cluster2: network1 \(variant flat\)/,
      ),
    ]);
  });

  test('without labels are one network, which is a warning only where there should be two', async () => {
    const none = [{ network: null }, { network: null }];
    expect(await findings(none)).toEqual([]);
    expect(await findings(none, ['network1', 'network2'])).toEqual([
      one('cluster1', 'warning', /no label topology\.istio\.io\/network/),
      one('cluster2', 'warning', /no label/),
      one('mesh', 'warning', /variant flat/),
    ]);
  });

  test('that only the injectors tell are a warning each: the label is missing', async () => {
    const told = { network: 'blue', networkIsLabelled: false };
    const found = await findings([told, told]);
    expect(found).toEqual(
      [1, 2].map((n) =>
        one(`cluster${String(n)}`, 'warning', /no label .* on blue is told by its injector alone/),
      ),
    );
    expect(found[0]?.remedy).toMatch(/label namespace istio-system topology\.istio\.io\/network=blue$/);
  });

  test('need a gateway with an address each', async () => {
    const given = [{ network: 'a', eastWestGateway: gateway([]) }, { network: 'b' }];
    expect(await findings(given, ['network1', 'network2'])).toEqual([
      one('cluster1', 'warning', /istio-eastwestgateway has no address/),
      one(
        'cluster2',
        'warning',
        /no east-west gateway: no Service with port 15443 .* and label topology\.istio\.io\/network=b/,
      ),
    ]);
  });
});

describe('remote secrets', () => {
  test('that are missing, or of another cluster, are told with the command that makes them', async () => {
    servers[0]?.objects.delete(`/api/v1/namespaces/${SYSTEM}/secrets/remote`);
    remoteSecret(servers[1], { id: 'somebody' });
    const found = await findings();
    expect(found).toEqual([
      one('cluster1', 'warning', /no remote secret for cluster2 \(cluster ID cluster2\); there are: none/),
      one('cluster2', 'warning', /no remote secret for cluster1 .*there are: somebody/),
    ]);
    expect(found[0]?.remedy).toMatch(
      /^istioctl create-remote-secret --kubeconfig \S+ --name cluster2 --server ADDRESS \| kubectl/,
    );
  });

  test('with an address that only this machine reaches, or an expired token, are told', async () => {
    remoteSecret(servers[0], {
      id: 'cluster2',
      address: 'https://127.0.0.1:40123',
      expiresMs: Date.UTC(2026, 0, 2),
    });
    expect(await findings()).toEqual([
      one('cluster1', 'warning', /has the address https:\/\/127\.0\.0\.1:40123, which istiod cannot reach/),
      one('cluster1', 'warning', /expired at 2026-01-02T00:00:00/),
    ]);
  });

  test('that may not be read are a note', async () => {
    servers[0]?.override(/GET .*\/secrets$/, (response) => {
      answer(response, 403, { kind: 'Status', message: 'secrets is forbidden' });
    });
    expect(await findings()).toEqual([one('cluster1', 'info', /cannot be looked at: .*403/)]);
  });

  test('count as read when every istiod pod says synced', async () => {
    const [first, ...peers] = await members();
    if (first === undefined) throw new Error('no member');
    const watched = (...states: string[]): Parameters<typeof judgeSync>[2] =>
      states.map((syncStatus) => ({ id: 'cluster2', secretName: 's', syncStatus }));
    expect(judgeSync(first, peers, watched('synced', 'synced'))).toEqual([]);
    expect(judgeSync(first, peers, watched('synced', 'timeout'))).toEqual([
      one('cluster1', 'warning', /has not read cluster2: timeout/),
    ]);
    expect(judgeSync(first, peers, [])).toEqual([one('cluster1', 'warning', /does not watch cluster2/)]);
  });
});

describe('the cluster domain', () => {
  const injector = (domain: string): void =>
    servers[0]?.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio-sidecar-injector', namespace: SYSTEM },
      data: { values: JSON.stringify({ global: { proxy: { clusterDomain: domain } } }) },
    });

  test('of proxies is cluster.local: names in manifests end in it', async () => {
    injector('cluster.local');
    expect(await findings()).toEqual([]);
    injector('corp.example');
    expect(await findings()).toEqual([one('cluster1', 'error', /^its cluster domain is corp\.example; /)]);
  });
});

describe('policies', () => {
  test('an injection label that nobody listens to is told', async () => {
    const injectionLabel = { key: 'istio.io/rev', value: 'stable' };
    expect(await findings([{ injectionLabel }])).toEqual([
      one('cluster1', 'warning', /matches the label istio\.io\/rev=stable/),
    ]);
  });

  test('mutual TLS turned off for the mesh is a warning, demanded a note, and other policies nothing', async () => {
    const put = (name: string, spec: object): void =>
      servers[0]?.put({
        apiVersion: 'security.istio.io/v1',
        kind: 'PeerAuthentication',
        metadata: { name, namespace: SYSTEM },
        spec,
      });
    put('off', { mtls: { mode: 'DISABLE' } });
    put('strict', { mtls: { mode: 'STRICT' } });
    put('one', { mtls: { mode: 'DISABLE' }, selector: { matchLabels: { app: 'x' } } });
    expect(await findings()).toEqual([
      one('cluster1', 'warning', /istio-system\/off turns mutual TLS off/),
      one('cluster1', 'info', /istio-system\/strict demands/),
    ]);
  });
});

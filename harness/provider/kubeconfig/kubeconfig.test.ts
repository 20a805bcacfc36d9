import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  answer,
  SECRET_TOKEN,
  startApiServer,
  type FakeApiServer,
} from '../../../fixtures/api-server/server.ts';
import type { AccessAttributes } from '../../cluster/access.ts';
import type { ClusterTopology } from '../../topology/topology.ts';
import type { Finding } from '../types.ts';
import { KubeconfigProvider } from './kubeconfig.ts';
import type { KubeconfigOptions } from './options.ts';

let first: FakeApiServer;
let second: FakeApiServer;

beforeEach(async () => {
  [first, second] = await Promise.all([startApiServer(), startApiServer()]);
  for (const [index, server] of [first, second].entries()) {
    server.rights.add('* *');
    server.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'kube-system', uid: `uid-${String(index)}` },
    });
  }
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

const cluster = (name: string): ClusterTopology => ({
  name,
  role: 'primary',
  primary: name,
  podSubnet: '10.10.0.0/16',
  serviceSubnet: '10.110.0.0/16',
  network: 'network1',
});

async function providerOf(changed: Partial<KubeconfigOptions> = {}): Promise<KubeconfigProvider> {
  const sources = [
    { name: 'cluster1', file: await first.kubeconfig() },
    { name: 'cluster2', file: await second.kubeconfig() },
  ];
  const clusters = [cluster('cluster1'), cluster('cluster2')];
  return new KubeconfigProvider({
    sources,
    clusters,
    installMesh: false,
    allowDisruption: false,
    ...changed,
  });
}

const preflight = async (changed: Partial<KubeconfigOptions> = {}): Promise<Finding[]> =>
  (await providerOf(changed)).preflight();

const one = (subject: string, severity: Finding['severity'], message: RegExp): unknown =>
  expect.objectContaining({ subject, severity, message: expect.stringMatching(message) as string });

describe('preflight', () => {
  test('two clusters that answer are no finding', async () => {
    expect(await preflight()).toEqual([]);
  });

  test('an unreadable file and an unreachable cluster are told together, each with a remedy', async () => {
    const dead = await second.kubeconfig({
      cluster: { server: `https://127.0.0.1:${String(await closedPort())}` },
    });
    const found = await preflight({
      sources: [
        { name: 'cluster1', file: '/nonexistent/kubeconfig' },
        { name: 'cluster2', file: dead, context: 'fixture' },
      ],
    });
    expect(found).toEqual([
      one('cluster1', 'error', /^kubeconfig \/nonexistent\/kubeconfig cannot be read \(ENOENT\)$/),
      one('cluster2', 'error', /no answer from https:.*ECONNREFUSED/),
    ]);
    expect(found[0]?.remedy).toBe('ls -l /nonexistent/kubeconfig');
    expect(found[1]?.remedy).toContain(`kubectl --kubeconfig ${dead} --context fixture get --raw /readyz`);
  });

  test('credentials that are refused or expired are told without the token', async () => {
    second.tokens.clear();
    const old = await first.authority.issue({ name: 'jane', notAfter: new Date(Date.now() - 1000) });
    const user = {
      'client-certificate-data': Buffer.from(old.cert).toString('base64'),
      'client-key-data': Buffer.from(old.key).toString('base64'),
    };
    const found = await preflight({
      sources: [
        { name: 'cluster1', file: await first.kubeconfig({ user }) },
        { name: 'cluster2', file: await second.kubeconfig() },
      ],
    });
    expect(found).toEqual([
      one('cluster1', 'error', /credentials expired at/),
      one('cluster2', 'error', /answered 401: Unauthorized/),
    ]);
    expect(found[1]?.remedy).toContain('fresh kubeconfig');
    expect(JSON.stringify(found)).not.toContain(SECRET_TOKEN);
  });

  test('a name that the topology has not got is told with those that it has, and what is absent too', async () => {
    const found = await preflight({ sources: [{ name: 'clustr1', file: await first.kubeconfig() }] });
    expect(found).toEqual([
      one('clustr1', 'error', /no such cluster \(did you mean cluster1\?\); it has cluster1, cluster2/),
      one('cluster1', 'error', /cluster1 is not given/),
      one('cluster2', 'error', /cluster2 is not given/),
    ]);
  });

  test('one cluster under two names is told, whatever the file', async () => {
    const sources = [
      { name: 'cluster1', file: await first.kubeconfig() },
      { name: 'cluster2', file: await first.kubeconfig({ context: 'other' }) },
    ];
    expect(await preflight({ sources })).toEqual([
      one('cluster2', 'error', /cluster2 and cluster1 are the same cluster \(kube-system uid-0\)/),
    ]);
  });

  test('an old API server is told with its version', async () => {
    first.override(/GET \/version/, (response) => {
      answer(response, 200, { gitVersion: 'v1.26.15-eks-1' });
    });
    expect(await preflight()).toEqual([
      one('cluster1', 'error', /1\.27 or later is needed; the API server is v1\.26\.15/),
    ]);
  });

  test('an API server on the loopback matters only to a mesh that is to be installed', async () => {
    const found = await preflight({ installMesh: true });
    expect(found).toEqual(['cluster1', 'cluster2'].map((name) => one(name, 'error', /cannot reach that/)));
  });
});

describe('clocks', () => {
  const shift = (server: FakeApiServer, ms: number): void => {
    server.override(/GET \/version/, (response) => {
      response.setHeader('date', new Date(Date.now() + ms).toUTCString());
      answer(response, 200, { gitVersion: 'v1.34.0' });
    });
  };

  test('a clock 40 s behind is a warning, 25 s are none', async () => {
    shift(first, -40_000);
    shift(second, 25_000);
    expect(await preflight()).toEqual([one('cluster1', 'warning', /clock is (39|40) s behind this machine/)]);
  });

  test('two that are near enough to us can be too far from each other', async () => {
    shift(first, -20_000);
    shift(second, 20_000);
    expect(await preflight()).toEqual([
      one('clocks', 'warning', /cluster1 and cluster2 are (39|40|41) s apart/),
    ]);
  });
});

describe('rights', () => {
  /** Answers yes to all questions but these. */
  function refuse(server: FakeApiServer, refused: (asked: AccessAttributes) => boolean): void {
    server.override(/selfsubjectaccessreviews$/, (response, { body }) => {
      const { spec } = JSON.parse(body) as { spec: { resourceAttributes: AccessAttributes } };
      answer(response, 201, { status: { allowed: !refused(spec.resourceAttributes) } });
    });
    server.override(/selfsubjectreviews$/, (response) => {
      answer(response, 201, { status: { userInfo: { username: 'jane' } } });
    });
  }
  const admin = ({ verb, resource }: AccessAttributes): boolean => verb === '*' && resource === '*';

  test('all rights but that of an administrator suffice', async () => {
    refuse(first, admin);
    expect(await preflight({ allowDisruption: true })).toEqual([]);
  });

  test('what is missing is listed once, with YAML that grants just that', async () => {
    refuse(
      first,
      (asked) =>
        admin(asked) ||
        asked.subresource === 'exec' ||
        (asked.resource === 'gateways' && asked.verb === 'delete'),
    );
    const [error, warning, ...more] = await preflight();
    expect(error).toEqual(
      one(
        'cluster1',
        'error',
        /^jane may not:\n {2}create, get pods\/exec, to send requests from pods\n {2}delete gateways\.networking\.istio\.io, to/,
      ),
    );
    expect(warning).toEqual(
      one('cluster1', 'warning', /create, get pods\/exec in istio-system, to ask control planes/),
    );
    expect(more).toEqual([]);
    const yaml = /<<'EOF'\n([\s\S]*)EOF$/.exec(error?.remedy ?? '')?.[1] ?? '';
    const [role, binding] = parseAllDocuments(yaml).map(
      (document) => document.toJS() as Record<string, unknown>,
    );
    expect(role).toMatchObject({
      kind: 'ClusterRole',
      rules: [
        { apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] },
        { apiGroups: ['networking.istio.io'], resources: ['gateways'], verbs: ['delete'] },
      ],
    });
    expect(binding).toMatchObject({ kind: 'ClusterRoleBinding', subjects: [{ kind: 'User', name: 'jane' }] });
    expect(warning?.remedy).toMatch(
      /kind: Role\nmetadata:\n {2}name: meshproof\n {2}namespace: istio-system/,
    );
  });

  test('the right to stop control planes is asked for only with --allow-disruption', async () => {
    refuse(
      first,
      (asked) => admin(asked) || (asked.subresource === 'scale' && asked.namespace === 'istio-system'),
    );
    expect(await preflight()).toEqual([]);
    expect(await preflight({ allowDisruption: true })).toEqual([
      one('cluster1', 'error', /get, patch deployments\/scale\.apps in istio-system/),
    ]);
  });
});

describe('up, down and logs', () => {
  const request = (): Parameters<KubeconfigProvider['up']>[0] => ({
    runId: 'r1',
    clusters: [cluster('cluster1'), cluster('cluster2')],
    directory: '/nonexistent',
    signal: new AbortController().signal,
    say: () => undefined,
  });
  const namespace = (server: FakeApiServer, name: string, run?: string): void => {
    const labels = run === undefined ? {} : { 'meshproof.dev/run': run };
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  };
  const names = (server: FakeApiServer): string[] =>
    [...server.objects.keys()].map((path) => path.replace(/^.*\//, '')).sort();

  test('up gives the files and contexts as they were named, at once', async () => {
    const sources = [
      { name: 'cluster1', file: 'one.yaml', context: 'arn:aws:eks' },
      { name: 'cluster2', file: 'two.yaml' },
    ];
    const rising = (await providerOf({ sources })).up(request());
    await rising.joined;
    expect(await rising.clusters.get('cluster1')).toEqual({
      name: 'cluster1',
      kubeconfig: 'one.yaml',
      context: 'arn:aws:eks',
    });
    expect(await rising.clusters.get('cluster2')).toEqual({ name: 'cluster2', kubeconfig: 'two.yaml' });
  });

  test("down removes the run's namespaces and nothing else", async () => {
    for (const server of [first, second]) {
      namespace(server, 'meshproof-r1-a', 'r1');
      namespace(server, 'meshproof-r2-a', 'r2');
      namespace(server, 'meshproof-like');
    }
    expect(await (await providerOf()).down('r1')).toEqual([]);
    for (const server of [first, second])
      expect(names(server)).toEqual(['kube-system', 'meshproof-like', 'meshproof-r2-a']);
  });

  test('a cluster that is gone is told as left, and the other one is cleaned all the same', async () => {
    namespace(second, 'meshproof-r1-a', 'r1');
    const server = `https://127.0.0.1:${String(await closedPort())}`;
    const sources = [
      { name: 'cluster1', file: await first.kubeconfig({ cluster: { server } }) },
      { name: 'cluster2', file: await second.kubeconfig() },
    ];
    const left = await (await providerOf({ sources })).down('r1');
    expect(left).toEqual([expect.stringMatching(/^namespaces of run r1 in cluster1: GET .*no answer from/)]);
    expect(names(second)).toEqual(['kube-system']);
  });

  test('logs are those of istiod, without secrets; a hosted control plane has none', async () => {
    first.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'istiod-1', namespace: 'istio-system', labels: { app: 'istiod' } },
    });
    first.logs.set('istio-system/istiod-1/', 'info ads: connected\ntoken: 0123456789secret\n');
    const folder = await mkdtemp(join(tmpdir(), 'logs-'));
    try {
      await (await providerOf()).logs('r1', folder);
      expect(await readdir(folder)).toEqual(['cluster1']);
      const text = await readFile(join(folder, 'cluster1', 'istiod-1.log'), 'utf8');
      expect(text).toContain('ads: connected');
      expect(text).not.toContain('0123456789secret');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** A port of this machine that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

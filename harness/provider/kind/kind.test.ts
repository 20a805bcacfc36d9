import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clusterTopology } from '../../../fixtures/topology.ts';
import type { ProvidedCluster } from '../types.ts';
import { KindProvider } from './kind.ts';

const fakes = fileURLToPath(new URL('../../../fixtures/bin', import.meta.url));
const NAME = 'meshproof-r1-cluster1';
let folder = '';
let said: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kind-'));
  said = [];
  for (const name of ['nodes', 'clusters', 'troubles']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'nodes', `${NAME}-control-plane`), '172.18.0.2 \n');
  vi.stubEnv('PATH', fakes); // nothing real can be reached
  vi.stubEnv('FAKE_LOG', join(folder, 'log'));
  vi.stubEnv('FAKE_KIND_CLUSTERS', join(folder, 'clusters'));
  vi.stubEnv('FAKE_KIND_TROUBLES', join(folder, 'troubles'));
  vi.stubEnv('FAKE_DOCKER_NODES', join(folder, 'nodes'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const cluster1 = clusterTopology('cluster1');

const failsTimes = (count: number): void => {
  for (let each = 0; each < count; each += 1) writeFileSync(join(folder, 'troubles', String(each)), '');
};

const provider = (program = 'kind', images: readonly string[] = []): KindProvider =>
  new KindProvider({ program, nodeImage: 'node:1', images, clusters: [cluster1], reuse: false });

async function raise(kind: KindProvider, signal = new AbortController().signal): Promise<ProvidedCluster> {
  const say = (text: string): void => {
    said.push(text);
  };
  const { clusters, joined } = kind.up({
    runId: 'r1',
    clusters: [cluster1],
    directory: folder,
    signal,
    say,
  });
  joined.catch(() => undefined);
  return clusters.get('cluster1') ?? Promise.reject(new Error('no such cluster'));
}

/** What kind was asked to do, in order. */
const deeds = (): string[] =>
  readFileSync(join(folder, 'log'), 'utf8')
    .split('\n')
    .flatMap((line) => /^kind (create|delete) cluster --name (\S+)/.exec(line)?.slice(1, 3).join(' ') ?? []);

test('a cluster that is created at once is not deleted, and its node address is where gateways answer', async () => {
  expect(await raise(provider())).toMatchObject({
    kubeconfig: join(folder, 'cluster1.kubeconfig'),
    serverForPeers: 'https://172.18.0.2:6443',
    loadBalancerAddress: '172.18.0.2',
    nodeImage: 'node:1',
  });
  expect(deeds()).toEqual([`create ${NAME}`]);
});

test('a creation that fails is tried again after what it left was deleted, and said', async () => {
  failsTimes(1);
  await raise(provider());
  expect(deeds()).toEqual([`create ${NAME}`, `delete ${NAME}`, `create ${NAME}`]);
  expect(said.join('\n')).toMatch(/could not be created \(exit code 1\): deleting it and trying again/);
});

test('images that the engine holds are handed to the node, of one platform', async () => {
  vi.stubEnv('FAKE_DOCKER_IMAGES', 'app:1');
  await raise(provider('kind', ['app:1', 'other:1']));
  const log = readFileSync(join(folder, 'log'), 'utf8');
  expect(log).toMatch(/^docker save --platform \S+ -o \S+ app:1$/m);
  expect(log).toMatch(/^kind load image-archive \S+ --name meshproof-r1-cluster1$/m);
  expect(said.join()).not.toContain('pull');
});

test('images are handed over as they are by an engine that cannot choose a platform', async () => {
  vi.stubEnv('FAKE_DOCKER_IMAGES', 'app:1');
  vi.stubEnv('FAKE_DOCKER_SAVE', 'whole');
  await raise(provider('kind', ['app:1']));
  const log = readFileSync(join(folder, 'log'), 'utf8');
  expect(log).toMatch(/^docker save -o \S+ app:1$/m);
  expect(log).toMatch(/^kind load image-archive \S+ --name meshproof-r1-cluster1$/m);
});

test('images that cannot be handed to the node are left to it, and that is said', async () => {
  vi.stubEnv('FAKE_DOCKER_IMAGES', 'app:1');
  vi.stubEnv('FAKE_KIND_LOAD', '1');
  await raise(provider('kind', ['app:1']));
  expect(said.join('\n')).toMatch(/meshproof-r1-cluster1 has to pull its images itself: .*exit code 1/);
});

test('a cluster whose creation was interrupted is deleted, though the engine lists it only later', async () => {
  vi.stubEnv('FAKE_KIND_LATE', '1');
  const kind = provider();
  const controller = new AbortController();
  const raised = raise(kind, controller.signal);
  setTimeout(() => {
    controller.abort(new Error('Ctrl-C'));
  }, 500);
  await expect(raised).rejects.toThrow(/Ctrl-C/);
  expect(await kind.down('r1')).toEqual([]);
  expect(readdirSync(join(folder, 'clusters'))).toEqual([]);
  expect(deeds()).toEqual([`create ${NAME}`, `delete ${NAME}`]);
});

test('a cluster with processes that nobody can kill is deleted after they have been thawed', async () => {
  vi.stubEnv('FAKE_KIND_FROZEN', '1');
  const kind = provider();
  await raise(kind);
  writeFileSync(join(folder, 'nodes', `${NAME}-control-plane`), '68517a node:1\n');
  expect(await kind.down('r1')).toEqual([]);
  expect(readFileSync(join(folder, 'log'), 'utf8')).toMatch(
    /^docker run --rm --privileged .* -v \/sys\/fs\/cgroup:\/sys\/fs\/cgroup --entrypoint sh node:1 -c .* sh 68517a$/m,
  );
});

test("clusters are deleted without a look at the user's own kubeconfig", async () => {
  const kind = provider();
  await raise(kind);
  await kind.down('r1');
  expect(readFileSync(join(folder, 'log'), 'utf8')).toMatch(/^kind delete cluster .*--kubeconfig \S+/m);
});

test('a creation that fails for the third time is given up, with the last words of kind', async () => {
  failsTimes(3);
  await expect(raise(provider())).rejects.toThrow(/could not find a log line/);
  expect(deeds().filter((deed) => deed.startsWith('create'))).toHaveLength(3);
  expect(readdirSync(join(folder, 'troubles'))).toEqual([]);
});

test.each([
  ['there is no such program', 'no-such-kind', undefined, /not on PATH/],
  ['the run was ended', 'kind', AbortSignal.abort(new Error('Ctrl-C')), /Ctrl-C/],
])('nothing is tried again when %s', async (_why, program, signal, message) => {
  await expect(raise(provider(program), signal)).rejects.toThrow(message);
  expect(said.filter((text) => text.includes('again'))).toEqual([]);
});

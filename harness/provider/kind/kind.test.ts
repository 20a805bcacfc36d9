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

const provider = (program = 'kind'): KindProvider =>
  new KindProvider({ program, nodeImage: 'node:1', images: [], clusters: [cluster1], reuse: false });

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

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { startApiServer } from '../../fixtures/api-server/server.ts';
import { connect } from '../cluster/cluster.ts';
import type { ProvidedCluster } from '../provider/types.ts';
import {
  cleanUpExternally,
  environmentOf,
  installExternally,
  kubeconfigVariable,
  type ExternalInstaller,
} from './external.ts';
import { pinContext } from './pinned-kubeconfig.ts';
import type { Member } from './types.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'installer-'));
});
afterEach(() => rm(folder, { recursive: true }));

const KUBECONFIG = {
  'current-context': 'one',
  clusters: [{ name: 'c', cluster: { server: 'https://example.test', 'certificate-authority': 'ca.pem' } }],
  users: [
    { name: 'u', user: { exec: { command: './plugin' } } },
    { name: 'v', user: { exec: { command: 'plugin' } } },
  ],
};

async function member(name: string, provided: Partial<ProvidedCluster> = {}): Promise<Member> {
  const kubeconfig = join(folder, `${name}-given`);
  await writeFile(kubeconfig, JSON.stringify(KUBECONFIG));
  const topology = {
    ...{ name, role: 'primary' as const, primary: name, network: 'network1' },
    ...{ podSubnet: '10.10.0.0/16', serviceSubnet: '10.110.0.0/16' },
  };
  const server = await startApiServer();
  const client = await connect({ name, kubeconfig: await server.kubeconfig() });
  await server.close();
  return { topology, provided: { name, kubeconfig, ...provided }, client };
}

const installer = (name: string, changed: Partial<ExternalInstaller> = {}): ExternalInstaller => ({
  program: fileURLToPath(new URL(`../../fixtures/installers/${name}`, import.meta.url)),
  directory: join(folder, 'work'),
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  ...changed,
});

const told = (members: readonly Member[]): Promise<Record<string, string>> =>
  environmentOf(join(folder, 'work'), members);

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it succeeded',
    (error: unknown) => (error as Error).message,
  );

test('an installer is told of every cluster, works in a folder of its own, and its output is kept', async () => {
  const members = [
    await member('cluster1', { serverForPeers: 'https://198.51.100.1:6443' }),
    await member('cluster-2'),
  ];
  await installExternally(installer('good'), await told(members));
  await cleanUpExternally(installer('good'), await told(members));
  const called = await readFile(join(folder, 'work', 'called-install'), 'utf8');
  expect(called.split('\n')).toEqual(
    expect.arrayContaining([
      `MESHPROOF_KUBECONFIG_CLUSTER1=${join(folder, 'cluster1-given')}`,
      `MESHPROOF_KUBECONFIG_CLUSTER_2=${join(folder, 'cluster-2-given')}`,
      `MESHPROOF_TOPOLOGY=${join(folder, 'work', 'topology.json')}`,
    ]),
  );
  expect(JSON.parse(await readFile(join(folder, 'work', 'topology.json'), 'utf8'))).toMatchObject({
    clusters: [
      {
        name: 'cluster1',
        role: 'primary',
        network: 'network1',
        podSubnet: '10.10.0.0/16',
        server: 'https://198.51.100.1:6443',
      },
      { name: 'cluster-2' },
    ],
  });
  expect(await readFile(join(folder, 'work', 'install.log'), 'utf8')).toContain(
    'install in cluster1 cluster-2\n',
  );
  expect(await readFile(join(folder, 'work', 'cleanup.log'), 'utf8')).toContain(
    'cleanup in cluster1 cluster-2\n',
  );
});

test('a named context becomes the current one of a private copy whose paths still hold', async () => {
  await installExternally(installer('good'), await told([await member('cluster1', { context: 'two' })]));
  const pinned = join(folder, 'work', 'cluster1.kubeconfig');
  expect(await readFile(join(folder, 'work', 'called-install'), 'utf8')).toContain(
    `MESHPROOF_KUBECONFIG_CLUSTER1=${pinned}\n`,
  );
  expect(parse(await readFile(pinned, 'utf8'))).toMatchObject({
    'current-context': 'two',
    clusters: [{ cluster: { 'certificate-authority': join(folder, 'ca.pem') } }],
    users: [
      { user: { exec: { command: join(folder, 'plugin') } } },
      { user: { exec: { command: 'plugin' } } },
    ],
  });
  expect((await stat(pinned)).mode & 0o077).toBe(0);
});

test('a kubeconfig that is not YAML is not quoted', async () => {
  const broken = join(folder, 'broken');
  await writeFile(broken, 'token: "0123456789secret\n  - [');
  const message = await messageOf(pinContext(broken, 'two', join(folder, 'to')));
  expect(message).toBe(`kubeconfig ${broken} is not YAML`);
});

test('a failing installer is told with its exit code, its last words without secrets, and its log', async () => {
  const message = await messageOf(
    installExternally(installer('failing'), await told([await member('cluster1')])),
  );
  expect(message).toMatch(/failing install failed: exit code 9/);
  expect(message).toContain('quota exceeded in cluster2');
  expect(message).toContain(join(folder, 'work', 'install.log'));
  expect(message).not.toContain('0123456789secret');
});

test('a hanging installer is stopped with its children', async () => {
  const message = await messageOf(
    installExternally(installer('hanging', { timeoutMs: 500 }), await told([await member('cluster1')])),
  );
  expect(message).toMatch(/did not end within 500 ms, which --timeout bounds/);
  const child = Number(await readFile(join(folder, 'work', 'child'), 'utf8'));
  // Killed when we stopped waiting; whoever inherits it has yet to take note.
  await vi.waitFor(() => {
    expect(() => process.kill(child, 0)).toThrow('ESRCH');
  }, 10_000);
});

test('an installer that is no program is told as such', async () => {
  const program = join(folder, 'installer');
  await writeFile(program, '#!/bin/sh\n');
  const message = await messageOf(installExternally(installer('good', { program }), {}));
  expect(message).toMatch(/installer is not an executable file[\s\S]*chmod \+x/);
});

test('names of clusters become names of variables', () => {
  expect(['cluster1', 'my-cluster.eu'].map(kubeconfigVariable)).toEqual([
    'MESHPROOF_KUBECONFIG_CLUSTER1',
    'MESHPROOF_KUBECONFIG_MY_CLUSTER_EU',
  ]);
});

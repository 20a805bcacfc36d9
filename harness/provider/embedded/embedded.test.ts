import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import { isServing } from '../../cluster/pods.ts';
import { isAlive } from '../../state/state.ts';
import { variantOf } from '../../topology/topology.ts';
import { readTopology } from '../../topology/parse.ts';
import { poll, sleep } from '../../wait/wait.ts';
import type { WorldSpec } from '../../embedded/types.ts';
import { answers, changeRevisions, endWorld, freezeInWorld, readWorld } from './control.ts';
import { EmbeddedProvider } from './embedded.ts';
import { startWorldProcess } from './process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const topology = await readTopology(join(root, 'suites/multi-primary/topology.yaml'));
const clusters = variantOf(topology, 'gateways');
const created: string[] = [];

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'embedded-provider-'));
  created.push(made);
  return made;
};
const provider = (): EmbeddedProvider =>
  new EmbeddedProvider({ clusters, discovery: true, timeScale: 0.1, defects: [], keep: false });

async function gone(pid: number): Promise<void> {
  await poll({ what: `process ${String(pid)} to end`, timeoutMs: 10_000, intervalMs: 50 }, () =>
    Promise.resolve(isAlive(pid) ? undefined : true),
  );
}

afterAll(async () => {
  for (const made of created) {
    await endWorld(made);
    rmSync(made, { recursive: true, force: true });
  }
});

describe('a world', () => {
  const world = provider();
  const directory = folder();
  let client: Cluster;

  beforeAll(async () => {
    const signal = new AbortController().signal;
    const rising = world.up({ runId: 'r', clusters, directory, signal, say: () => undefined });
    await rising.joined;
    const provided = await rising.clusters.get('cluster2');
    client = await connect({ name: 'cluster2', kubeconfig: provided?.kubeconfig ?? '', context: undefined });
  });
  afterAll(() => client.close());

  test('comes with a mesh: control plane, gateway and the secret for the other cluster', async () => {
    const namespace = 'istio-system';
    const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace });
    expect(pods.map(({ metadata }) => metadata.name.split('-').slice(0, -2).join('-')).sort()).toEqual([
      'istio-eastwestgateway',
      'istiod',
    ]);
    const labelSelector = 'istio/multiCluster=true';
    const secrets = await client.list({ apiVersion: 'v1', kind: 'Secret', namespace, labelSelector });
    expect(secrets.map(({ metadata }) => metadata.name)).toEqual(['istio-remote-secret-cluster1']);
  });

  test('refuses a rule that its mesh does not implement, and says which field', async () => {
    const rule = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'mirrored', namespace: 'default' },
      spec: {
        hosts: ['helloworld'],
        http: [{ route: [{ destination: { host: 'helloworld' } }], mirror: { host: 'helloworld' } }],
      },
    };
    await expect(client.apply(rule)).rejects.toThrow(/does not implement this VirtualService: .*mirror/);
  });

  test.each(['api-server', 'node'] as const)(
    'whose %s is frozen answers nothing until it is thawed',
    async (part) => {
      const frozen = await freezeInWorld(directory, { cluster: 'cluster2', part });
      let answered = false;
      const asking = client.version().then(() => {
        answered = true;
      });
      await sleep(300);
      expect(answered).toBe(false);
      await frozen.thaw();
      await asking;
      expect(answered).toBe(true);
    },
  );

  test('refuses to freeze a cluster that it does not have', async () => {
    const what = { cluster: 'cluster9', part: 'node' } as const;
    await expect(freezeInWorld(directory, what)).rejects.toThrow('there is no cluster cluster9');
  });

  test('gets a control plane of another revision beside the first, once, and loses it again', async () => {
    const what = { cluster: 'cluster2', revision: 'next' } as const;
    const namespace = 'istio-system';
    const revisions = async (): Promise<string[]> => {
      const labelSelector = 'app=istiod';
      const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
      return pods.filter(isServing).map(({ metadata }) => metadata.labels?.['istio.io/rev'] ?? '');
    };
    const become = (expected: readonly string[]): Promise<true> =>
      poll({ what: `revisions ${expected.join()}`, timeoutMs: 20_000, intervalMs: 100 }, async () =>
        (await revisions()).sort().join() === expected.join() ? true : undefined,
      );
    await changeRevisions(directory, { action: 'install', ...what });
    await become(['default', 'next']);
    await expect(changeRevisions(directory, { action: 'install', ...what })).rejects.toThrow(
      'already exists',
    );
    await changeRevisions(directory, { action: 'uninstall', ...what });
    await become(['default']);
    expect(await client.list({ apiVersion: 'apps/v1', kind: 'Deployment', namespace })).toHaveLength(2);
  });

  test('is gone with its process after down, and down can be repeated', async () => {
    const pid = readWorld(directory)?.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    expect(await world.down()).toEqual([]);
    expect(isAlive(pid)).toBe(false);
    expect(await world.down()).toEqual([]);
  });
});

test('a world without discovery has no remote secret in any cluster', async () => {
  const directory = folder();
  const world = new EmbeddedProvider({
    clusters,
    discovery: false,
    timeScale: 0.1,
    defects: [],
    keep: false,
  });
  const signal = new AbortController().signal;
  const rising = world.up({ runId: 'r', clusters, directory, signal, say: () => undefined });
  await rising.joined;
  for (const provided of await Promise.all(rising.clusters.values())) {
    const client = await connect({ ...provided, context: undefined });
    const where = { apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system' };
    const names = (await client.list(where)).map(({ metadata }) => metadata.name);
    expect(names).toContain('cacerts');
    expect(names.filter((name) => name.startsWith('istio-remote-secret'))).toEqual([]);
    await client.close();
  }
});

test('a world ends by itself when the process that started it is killed', async () => {
  const directory = folder();
  const script = join(directory, 'parent.mts');
  const spec = {
    clusters: [{ name: 'cluster1', network: 'n1' }],
    directory,
    discovery: true,
    timeScale: 0.1,
    defects: [],
  };
  writeFileSync(
    script,
    `import { startWorldProcess } from ${JSON.stringify(join(root, 'harness/provider/embedded/process.ts'))};
     await startWorldProcess(${JSON.stringify(spec)}, new AbortController().signal).clusters;
     process.stdout.write('up');
     setInterval(() => undefined, 1000);`,
  );
  const parent = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => parent.stdout.once('data', resolve));
  const pid = readWorld(directory)?.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await gone(pid);
  expect(isAlive(pid)).toBe(false);
});

describe('a run that is ended', () => {
  const spec = (directory: string): WorldSpec => ({
    clusters: [{ name: 'cluster1', network: 'n1', serviceSubnet: '10.96.0.0/16' }],
    directory,
    discovery: true,
    timeScale: 0.1,
    defects: [],
  });

  test('leaves its world as it is until it is torn down: who still calls there is not to lose calls', async () => {
    const directory = folder();
    const run = new AbortController();
    await startWorldProcess(spec(directory), run.signal).ready;
    const world = readWorld(directory);
    run.abort(new Error('the run was ended by SIGTERM'));
    await sleep(500);
    expect(world !== undefined && (await answers(world))).toBe(true);
    expect(await endWorld(directory)).toEqual([]);
    expect(isAlive(world?.pid ?? 0)).toBe(false);
  });

  test('while its world comes up does not wait for it', async () => {
    const run = new AbortController();
    const rising = startWorldProcess(spec(folder()), run.signal);
    run.abort();
    await expect(rising.ready).rejects.toThrow('its process ended');
  });
});

test('a process that took over the id of a world that is gone is left alone', async () => {
  const directory = folder();
  const other = spawn('sleep', ['60']);
  const file = { pid: other.pid, url: 'http://127.0.0.1:9', token: 'old' };
  writeFileSync(join(directory, 'world.json'), JSON.stringify(file));
  expect(await endWorld(directory)).toEqual([]);
  expect(other.exitCode).toBeNull();
  expect(isAlive(other.pid ?? 0)).toBe(true);
  other.kill();
});

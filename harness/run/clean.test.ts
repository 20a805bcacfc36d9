import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { RunState, type Undo } from '../state/state.ts';
import { cleanAll, cleanRun, type CleanResult } from './clean.ts';

const fakes = fileURLToPath(new URL('../../fixtures/bin', import.meta.url));
const DEAD = '0101-0000-aaa';
const OTHER = '0202-0000-bbb';
let folder = '';
let server: FakeApiServer;
let kubeconfig = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clean-'));
  mkdirSync(join(folder, 'nodes'));
  mkdirSync(join(folder, 'clusters'));
  vi.stubEnv('PATH', fakes); // nothing real can be reached
  vi.stubEnv('FAKE_LOG', join(folder, 'log'));
  vi.stubEnv('FAKE_KIND_CLUSTERS', join(folder, 'clusters'));
  vi.stubEnv('FAKE_DOCKER_NODES', join(folder, 'nodes'));
  server = await startApiServer();
  kubeconfig = await server.kubeconfig();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true });
});

const kindClusters = (names: readonly string[]): void => {
  for (const name of names) writeFileSync(join(folder, 'clusters', name), '');
};
const kindClustersLeft = (): string[] => readdirSync(join(folder, 'clusters'));
const node = (container: string, status: string): void => {
  writeFileSync(join(folder, 'nodes', container), status);
};
const commands = (): string =>
  existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '';
const namespace = (name: string, run?: string): void => {
  const labels = run === undefined ? {} : { 'meshproof.dev/run': run };
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
};
const namespaces = (): string[] =>
  [...server.objects.values()]
    .flatMap(({ kind, metadata }) => (kind === 'Namespace' ? [metadata.name] : []))
    .sort();

/** A run that died after it wrote these, in this order. */
function deadRun(id: string, undos: readonly Undo[]): RunState {
  const state = new RunState(id, folder);
  state.begin({ provider: 'kind', startedAt: '2026-01-01T00:00:00Z', outDirectory: '/out' });
  const record = { ...state.record(), pid: spawnSync('/bin/true').pid };
  writeFileSync(join(state.directory, 'run.json'), JSON.stringify(record));
  for (const undo of undos) state.willUndo(undo);
  return state;
}

const said: string[] = [];
const say = (text: string): void => {
  said.push(text);
};
beforeEach(() => {
  said.length = 0;
});

const scaled = (replicas: number): Undo => ({
  kind: 'scale',
  kubeconfig,
  namespace: 'istio-system',
  name: 'istiod',
  replicas,
});
const clusters = (...names: string[]): Undo => ({
  kind: 'clusters',
  provider: 'kind',
  program: 'kind',
  names,
});

describe('a run that was killed', () => {
  test('has scales and namespaces put back, latest first, and is forgotten', async () => {
    server.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'istiod', namespace: 'istio-system' },
      spec: { replicas: 0 },
    });
    namespace('meshproof-a', DEAD);
    namespace('meshproof-b', DEAD);
    const state = deadRun(DEAD, [
      scaled(2),
      { kind: 'namespace', kubeconfig, name: 'meshproof-a' },
      scaled(0),
    ]);
    expect(await cleanRun(state, say)).toEqual({ left: [] });
    expect(server.objects.get('/apis/apps/v1/namespaces/istio-system/deployments/istiod')?.['spec']).toEqual({
      replicas: 2,
    });
    expect(namespaces()).toEqual(['meshproof-b']);
    expect(said[0]).toContain('scale istio-system/istiod back to 0');
    expect(existsSync(state.directory)).toBe(false);
  });

  test('has the mesh removed that it installed into clusters that stay', async () => {
    for (const name of ['gateways.networking.istio.io', 'gateways.gateway.networking.k8s.io']) {
      server.put({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name },
      });
    }
    namespace('istio-system', DEAD);
    namespace('theirs', 'another');
    const mesh: Undo = { kind: 'mesh', kubeconfig, program: 'istioctl' };
    expect(await cleanRun(deadRun(DEAD, [mesh]), say)).toEqual({ left: [] });
    expect(commands()).toContain(`istioctl uninstall --kubeconfig ${kubeconfig} --purge -y`);
    expect(namespaces()).toEqual(['theirs']);
    expect([...server.objects.keys()].filter((path) => path.includes('customresourcedefinitions'))).toEqual([
      expect.stringContaining('gateways.gateway.networking.k8s.io'),
    ]);
  });

  test('has the installer called that installed the mesh, with what it was told then', async () => {
    const program = fileURLToPath(new URL('../../fixtures/installers/good', import.meta.url));
    const directory = join(folder, 'installer');
    const topology = join(folder, 'topology.json');
    writeFileSync(topology, '{}');
    const env = {
      PATH: '/usr/bin:/bin',
      MESHPROOF_CLUSTERS: 'cluster1 cluster2',
      MESHPROOF_TOPOLOGY: topology,
    };
    const undo: Undo = { kind: 'installer', program, directory, env, timeoutMs: 5000 };
    expect(await cleanRun(deadRun(DEAD, [undo]), say)).toEqual({ left: [] });
    expect(readFileSync(join(directory, 'cleanup.log'), 'utf8')).toContain('cleanup in cluster1 cluster2');
  });

  test('may have been cleaned before: what is not there is fine', async () => {
    const undos: Undo[] = [
      scaled(1),
      { kind: 'namespace', kubeconfig, name: 'meshproof-gone' },
      { kind: 'frozen', container: 'gone-control-plane', part: 'node' },
      { kind: 'frozen', container: 'gone-control-plane', part: 'api-server' },
      clusters('meshproof-gone'),
      { kind: 'revision', kubeconfig, revision: 'canary', program: 'istioctl' },
    ];
    expect(await cleanRun(deadRun(DEAD, undos), say)).toEqual({ left: [] });
    expect(await cleanRun(deadRun(DEAD, undos), say)).toEqual({ left: [] });
    expect(commands()).toContain(`istioctl uninstall --kubeconfig ${kubeconfig} --revision canary -y`);
  });

  test('is thawed before anything else, and nothing is asked of clusters that are deleted anyway', async () => {
    const name = `meshproof-${DEAD}-cluster1`;
    kindClusters([name, `meshproof-${DEAD}-cluster2`, 'mine']);
    node(`${name}-control-plane`, 'paused');
    const state = new RunState(DEAD, folder);
    const inside = join(state.directory, 'flat', 'cluster1.kubeconfig');
    deadRun(DEAD, [
      clusters(name),
      { kind: 'frozen', container: `${name}-control-plane`, part: 'node' },
      { kind: 'namespace', kubeconfig: inside, name: 'meshproof-a' },
    ]);
    expect(await cleanRun(state, say)).toEqual({ left: [] });
    expect(kindClustersLeft()).toEqual(['mine']);
    expect(said).toEqual([`thaw the node ${name}-control-plane`, `delete the kind clusters ${name}`]);
    expect(commands()).toMatch(/docker unpause[\s\S]*kind delete cluster/);
  });

  test('keeps in its journal what could not be undone, for the next time', async () => {
    const name = `meshproof-${DEAD}-cluster1`;
    kindClusters([name]);
    vi.stubEnv('FAKE_KIND_STUCK', name);
    const state = deadRun(DEAD, [
      clusters(name),
      { kind: 'namespace', kubeconfig: '/nonexistent', name: 'x' },
    ]);
    const { left } = await cleanRun(state, say);
    expect(left).toEqual([
      `kind cluster ${name}; see: kind delete cluster --name ${name}`,
      expect.stringMatching(/^remove namespace x \(\/nonexistent\): kubeconfig \/nonexistent cannot be read/),
    ]);
    expect(new RunState(DEAD, folder).pending()).toHaveLength(2);
    vi.stubEnv('FAKE_KIND_STUCK', '');
    expect((await cleanRun(state, say)).left).toHaveLength(1);
    expect(kindClustersLeft()).toEqual([]);
  });

  test('with a revision that istioctl cannot remove is told, if it is there', async () => {
    vi.stubEnv('FAKE_ISTIOCTL', 'broken');
    const revision: Undo = { kind: 'revision', kubeconfig, revision: 'canary', program: 'istioctl' };
    expect((await cleanRun(deadRun(DEAD, [revision]), say)).left).toEqual([]);
    const labels = { app: 'istiod', 'istio.io/rev': 'canary' };
    server.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'istiod-canary', namespace: 'istio-system', labels },
    });
    expect((await cleanRun(deadRun(DEAD, [revision]), say)).left).toEqual([
      expect.stringMatching(/^uninstall revision canary .*exit code 64/),
    ]);
  });
});

describe('clean', () => {
  const clean = (runId?: string): Promise<CleanResult> =>
    cleanAll(
      {
        ...(runId === undefined ? {} : { runId }),
        kindProgram: 'kind',
        sources: [{ name: 'cluster1', file: kubeconfig }],
        stateBase: folder,
      },
      say,
    );

  test('of nothing does nothing', async () => {
    expect(await clean()).toEqual({ left: [], refused: [], cleaned: [] });
    expect(said).toEqual([]);
  });

  test('leaves a run that is alive, its clusters and its namespaces, and names its process', async () => {
    const state = new RunState(OTHER, folder);
    state.begin({ provider: 'kind', startedAt: '', outDirectory: '' });
    state.willUndo({ kind: 'namespace', kubeconfig, name: 'meshproof-live' });
    namespace('meshproof-live', OTHER);
    kindClusters([`meshproof-${OTHER}-cluster1`]);
    const refused = [
      `run ${OTHER} is still running (process ${String(process.pid)}); stop it first: kill ${String(process.pid)}`,
    ];
    expect(await clean()).toEqual({ left: [], cleaned: [], refused });
    expect(await clean(OTHER)).toEqual({ left: [], cleaned: [], refused });
    expect([namespaces(), kindClustersLeft()]).toEqual([['meshproof-live'], [`meshproof-${OTHER}-cluster1`]]);
  });

  test('finds kind clusters of runs that left no journal, by name alone, and no others', async () => {
    const others = [
      'kind',
      'meshproof',
      'meshproof-lab',
      'meshproof-0101-0000-aaa',
      'not-meshproof-0101-0000-aaa-c',
    ];
    kindClusters([`meshproof-${DEAD}-cluster1`, ...others, `meshproof-${OTHER}-cluster1`]);
    expect(await clean(DEAD)).toMatchObject({
      cleaned: [`kind cluster meshproof-${DEAD}-cluster1`],
      left: [],
    });
    expect(kindClustersLeft()).toEqual([...others, `meshproof-${OTHER}-cluster1`].sort());
    await clean();
    expect(kindClustersLeft()).toEqual([...others].sort());
  });

  test('finds namespaces by label: of runs known here, and of others only when they are named', async () => {
    deadRun(DEAD, []);
    namespace('meshproof-a', DEAD);
    namespace('meshproof-b', OTHER);
    namespace('meshproof-like');
    expect(await clean()).toEqual({
      cleaned: [`run ${DEAD}`, 'namespace meshproof-a in cluster1'],
      refused: [
        expect.stringMatching(
          /^cluster1 has namespaces of run 0202-0000-bbb.*meshproof clean 0202-0000-bbb --cluster/,
        ),
      ],
      left: [],
    });
    expect(namespaces()).toEqual(['meshproof-b', 'meshproof-like']);
    expect(await clean(OTHER)).toMatchObject({ cleaned: ['namespace meshproof-b in cluster1'], refused: [] });
    expect(namespaces()).toEqual(['meshproof-like']);
  });

  test('says which cluster did not answer, and cleans the rest', async () => {
    kindClusters([`meshproof-${DEAD}-cluster1`]);
    server.tokens.clear();
    expect((await clean()).left).toEqual([expect.stringMatching(/^namespaces in cluster1: .*401/)]);
    expect(kindClustersLeft()).toEqual([]);
  });

  test('puts back what a later run did in the clusters that an earlier one had kept, before these go', async () => {
    const name = `meshproof-${DEAD}-cluster1`;
    kindClusters([name]);
    node(`${name}-control-plane`, 'running');
    deadRun(DEAD, [clusters(name)]);
    deadRun(OTHER, [{ kind: 'namespace', kubeconfig, name: 'meshproof-b' }]);
    expect((await clean()).left).toEqual([]);
    expect(said).toEqual([
      expect.stringContaining('remove namespace meshproof-b'),
      expect.stringContaining(`delete the kind clusters ${name}`),
    ]);
  });

  test('one run of two leaves the other', async () => {
    deadRun(DEAD, []);
    const other = deadRun(OTHER, []);
    expect(await clean(DEAD)).toMatchObject({ cleaned: [`run ${DEAD}`] });
    expect(existsSync(other.directory)).toBe(true);
  });
});

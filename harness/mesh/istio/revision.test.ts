import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../../fixtures/topology.ts';
import { type Cluster, connect } from '../../cluster/cluster.ts';
import { RunState } from '../../state/state.ts';
import { installRevision } from './revision.ts';

const facts = {
  cluster: 'cluster1',
  clusterId: 'vendor-1',
  configuredBy: 'cluster1',
  network: null,
  controlPlanes: [{ revision: 'default', version: '1.28.0', deployment: 'istiod' }],
  injectionLabel: { key: 'istio-injection', value: 'enabled' },
  eastWestGateway: null,
  rootFingerprint: null,
};

let server: FakeApiServer;
let client: Cluster;
let state: RunState;
let directory = '';

beforeEach(async () => {
  server = await startApiServer();
  client = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
  directory = mkdtempSync(join(tmpdir(), 'revision-'));
  state = new RunState('0101-0000-aaa', directory);
});
afterEach(async () => {
  await client.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

/** Installs with a program that does this when it is asked to, and writes down what it was asked. */
function installing(deed: string, signal = new AbortController().signal): ReturnType<typeof installRevision> {
  const program = join(directory, 'istioctl');
  const script = `#!/bin/sh\necho "$*" >>${directory}/asked\ncase $1 in install) ${deed} ;; esac\n`;
  writeFileSync(program, script, { mode: 0o755 });
  const provided = { name: 'cluster1', kubeconfig: client.kubeconfig };
  const member = { topology: clusterTopology('cluster1'), provided, client };
  const installer = { kind: 'istioctl', program, hub: undefined, tag: undefined, overlays: [] } as const;
  return installRevision(member, 'second', { installer, directory, signal, facts, state });
}

/** What the program was asked, in order. */
const asked = (): string[] =>
  readFileSync(join(directory, 'asked'), 'utf8')
    .split('\n')
    .flatMap((line) => /^\w+/.exec(line)?.[0] ?? []);

const running = (): void => {
  server.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'istiod-second-0',
      namespace: 'istio-system',
      labels: { app: 'istiod', 'istio.io/rev': 'second' },
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
};

test("a second revision is a control plane alone: the cluster's definitions stay those of the first", async () => {
  running();
  const { remove } = await installing('exit 0');
  const operator = parse(readFileSync(join(directory, 'cluster1-second.yaml'), 'utf8')) as object;
  expect(operator).toMatchObject({
    spec: { revision: 'second', components: { base: { enabled: false }, pilot: { enabled: true } } },
  });
  expect(state.pending()).toHaveLength(1);
  await remove();
  expect(asked()).toEqual(['install', 'uninstall']);
  expect(state.pending()).toEqual([]);
});

test('a second revision gives the identities of the first: the same trust domain, the same mesh', async () => {
  running();
  const mesh = 'trustDomain: corp.example\ndefaultConfig:\n  meshId: eu\n  discoveryAddress: istiod:15012\n';
  server.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh },
  });
  await installing('exit 0');
  const operator = parse(readFileSync(join(directory, 'cluster1-second.yaml'), 'utf8')) as object;
  expect(operator).toMatchObject({
    spec: {
      meshConfig: { trustDomain: 'corp.example' },
      values: { global: { meshID: 'eu', network: 'network1', multiCluster: { clusterName: 'vendor-1' } } },
    },
  });
});

test('where the first says nothing of its names, the second has the usual ones', async () => {
  running();
  await installing('exit 0');
  const operator = parse(readFileSync(join(directory, 'cluster1-second.yaml'), 'utf8')) as { spec: object };
  expect(operator.spec).not.toHaveProperty('meshConfig');
  expect(operator).toMatchObject({ spec: { values: { global: { meshID: 'mesh1' } } } });
});

test('one that comes only halfway is removed at once', async () => {
  await expect(installing('echo no room >&2; exit 1')).rejects.toThrow(/no room/);
  expect(asked()).toEqual(['install', 'uninstall']);
  expect(state.pending()).toEqual([]);
});

test('one whose run ends meanwhile is left to the end of the run', async () => {
  await expect(installing('exec sleep 30', AbortSignal.timeout(1000))).rejects.toThrow();
  expect(asked()).toEqual(['install']);
  expect(state.pending().map(({ undo }) => undo)).toEqual([
    expect.objectContaining({ kind: 'revision', revision: 'second' }),
  ]);
});

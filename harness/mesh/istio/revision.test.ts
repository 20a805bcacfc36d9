import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../../fixtures/topology.ts';
import { connect } from '../../cluster/cluster.ts';
import { RunState } from '../../state/state.ts';
import { installRevision } from './revision.ts';

const program = fileURLToPath(new URL('../../../fixtures/bin/istioctl', import.meta.url));
let server: FakeApiServer;
let directory = '';

beforeEach(async () => {
  server = await startApiServer();
  directory = mkdtempSync(join(tmpdir(), 'revision-'));
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
});
afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

test("a second revision is a control plane alone: the cluster's definitions stay those of the first", async () => {
  const kubeconfig = await server.kubeconfig();
  const client = await connect({ name: 'cluster1', kubeconfig });
  const member = {
    topology: clusterTopology('cluster1'),
    provided: { name: 'cluster1', kubeconfig },
    client,
  };
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
  const installer = { kind: 'istioctl', program, hub: undefined, tag: undefined, overlays: [] } as const;
  const { signal } = new AbortController();
  const state = new RunState('0101-0000-aaa', directory);
  await installRevision(member, 'second', { installer, directory, signal, facts, state });
  await client.close();
  const operator = parse(readFileSync(join(directory, 'cluster1-second.yaml'), 'utf8')) as object;
  expect(operator).toMatchObject({
    spec: { revision: 'second', components: { base: { enabled: false }, pilot: { enabled: true } } },
  });
});

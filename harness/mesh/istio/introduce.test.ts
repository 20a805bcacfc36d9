import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../../fixtures/topology.ts';
import { connect } from '../../cluster/cluster.ts';
import type { Member } from '../types.ts';
import { introduce } from './introduce.ts';

let folder = '';
let server: FakeApiServer;
let member: Member;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'introduce-'));
  server = await startApiServer();
  const kubeconfig = await server.kubeconfig();
  const client = await connect({ name: 'cluster1', kubeconfig });
  member = { topology: clusterTopology('cluster1'), provided: { name: 'cluster1', kubeconfig }, client };
  const metadata = { name: 'istio-reader-service-account', namespace: 'istio-system' };
  server.put({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  // Writes down its process, and answers once it may.
  const secret = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name: 'x' } });
  const script = `#!/bin/sh
echo $$ >>${folder}/calls
while [ ! -e ${folder}/go ]; do sleep 0.05; done
echo '${secret}'
`;
  writeFileSync(join(folder, 'istioctl'), script, { mode: 0o755 });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], shouldAdvanceTime: true });
});
afterEach(async () => {
  vi.useRealTimers();
  await member.client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** The processes of all calls so far. */
function calls(): string[] {
  const file = join(folder, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

test('istioctl is given the time that it takes on a busy machine', async () => {
  const { signal } = new AbortController();
  const istioctl = { program: join(folder, 'istioctl'), directory: folder, signal };
  const introduced = introduce(member, [Promise.resolve(member)], istioctl);
  await vi.waitUntil(() => calls().length > 0, { timeout: 10_000 });
  await vi.advanceTimersByTimeAsync(40_000);
  writeFileSync(join(folder, 'go'), '');
  await introduced;
  expect(calls()).toHaveLength(1);
});

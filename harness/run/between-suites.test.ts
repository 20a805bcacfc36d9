import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { connect, type Cluster } from '../cluster/cluster.ts';
import { clearForNextSuite } from './between-suites.ts';

const RUN = '0101-0000-aaa';
let server: FakeApiServer;
let cluster: Cluster;

beforeEach(async () => {
  server = await startApiServer();
  cluster = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
  put('of-the-suite-before', RUN);
  put('of-the-next-suite', RUN);
  put('of-another-run', '0202-0000-bbb');
});
afterEach(async () => {
  await cluster.close();
  await server.close();
});

function put(name: string, run: string): void {
  server.put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'meshproof.dev/run': run } },
  });
}

const namespaces = (): string[] =>
  [...server.objects.values()].flatMap(({ kind, metadata }) => (kind === 'Namespace' ? [metadata.name] : []));

const next = { runId: RUN, stays: new Set(['of-the-next-suite']) };

test('the namespaces of the suite before are gone; those of the next one and of others stay', async () => {
  expect(await clearForNextSuite([cluster], next)).toEqual([]);
  expect(namespaces().sort()).toEqual(['of-another-run', 'of-the-next-suite']);
});

test('what cannot be removed is told with its cluster and the reason', async () => {
  server.override(/^DELETE /, (response) => {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'Status', code: 403, message: 'not yours' }));
  });
  expect(await clearForNextSuite([cluster], next)).toEqual([
    expect.stringMatching(/^namespace of-the-suite-before in cluster1: .*not yours/),
  ]);
});

test('a cluster that does not answer is told, and does not stop the run', async () => {
  await server.close();
  expect(await clearForNextSuite([cluster], next)).toEqual([
    expect.stringMatching(/^namespaces of the suite before in cluster1: /),
  ]);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer, startApiServer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { parseArguments } from '../options/parse.ts';
import type { RunOptions } from '../options/types.ts';
import type { Finding } from '../provider/types.ts';
import { existingMeshFindings } from './existing-mesh.ts';

let server: FakeApiServer;
beforeEach(async () => {
  server = await startApiServer();
  server.override(/^GET \/apis$/, (response) => {
    answer(response, 200, { groups: [{ name: 'networking.istio.io' }] });
  });
  const namespace = 'istio-system';
  server.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'istiod', namespace, labels: { app: 'istiod' } },
    spec: { template: { spec: { containers: [{ image: 'pilot:1.31.0', env: [] }] } } },
  });
  server.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace },
    data: { mesh: 'discoverySelectors: [{ matchLabels: { env: test } }]' },
  });
});
afterEach(() => server.close());

async function errors(...given: readonly string[]): Promise<Finding[]> {
  const line = ['doctor', '--cluster', `cluster1=${await server.kubeconfig()}`, ...given];
  const { options } = parseArguments(line, {}) as { readonly options: RunOptions };
  const bench = { variant: 'flat', clusters: [clusterTopology('cluster1')] } as const;
  const found = await existingMeshFindings([bench], options);
  return found.filter(({ severity }) => severity === 'error');
}

test('a run whose namespaces the control plane would not look at is stopped, unless they get the label', async () => {
  expect(await errors()).toEqual([
    expect.objectContaining({ subject: 'cluster1', message: expect.stringContaining('env=test') as string }),
  ]);
  expect(await errors('--namespace-label', 'env=test')).toEqual([]);
});

import { expect, test } from 'vitest';
import { startApiServer } from '../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { connect } from '../cluster/cluster.ts';
import { evidenceFrom } from './evidence.ts';

test('a Gateway that passes calls on is found in whichever namespace it lies', async () => {
  const server = await startApiServer();
  server.kinds.set('/apis/networking.istio.io/v1', [{ name: 'gateways', kind: 'Gateway', namespaced: true }]);
  const kubeconfig = await server.kubeconfig();
  const client = await connect({ name: 'cluster1', kubeconfig });
  const member = {
    topology: clusterTopology('cluster1'),
    provided: { name: 'cluster1', kubeconfig },
    client,
  };
  const gateway = (namespace: string, mode: string): void =>
    server.put({
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gateway', namespace },
      spec: { servers: [{ tls: { mode } }] },
    });
  gateway('shop', 'SIMPLE');
  expect((await evidenceFrom(member, 'sample')).passThroughGateways).toBe(0);
  gateway('istio-ingress', 'AUTO_PASSTHROUGH');
  expect((await evidenceFrom(member, 'sample')).passThroughGateways).toBe(1);
  await client.close();
  await server.close();
});

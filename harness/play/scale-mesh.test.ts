import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';

const gateway = { namespace: 'istio-system', deployment: 'istio-eastwestgateway' };
let stage: GatewayScene;

beforeEach(async () => {
  stage = await gatewayScene();
  const status = { observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
  stage.server.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: gateway.deployment, namespace: gateway.namespace, generation: 1 },
    spec: { replicas: 3, selector: { matchLabels: { istio: 'eastwestgateway' } } },
    status,
  });
});
afterEach(() => stage.close());

/** Numbers of replicas that were asked for, in order. */
const asked = (): number[] =>
  stage.server.seen
    .filter(({ method, path }) => method === 'PATCH' && path.endsWith('/scale'))
    .map(({ body }) => (JSON.parse(body) as { spec: { replicas: number } }).spec.replicas);

test('what is scaled several times is put back once, to what it had at first', async () => {
  for (const replicas of [0, 1, 0, 1]) await stage.cluster.scaleMesh(gateway, replicas);
  expect(asked()).toEqual([0, 1, 0, 1]);
  expect(stage.scene.state.pending().map(({ undo }) => undo)).toEqual([
    expect.objectContaining({ kind: 'scale', name: gateway.deployment, replicas: 3 }),
  ]);
  const undo = [...stage.scene.undo];
  for (const deed of undo) await deed();
  expect(asked()).toEqual([0, 1, 0, 1, 3]);
  expect(stage.scene.state.pending()).toEqual([]);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { GATEWAY, gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';

let stage: GatewayScene;

beforeEach(async () => {
  stage = await gatewayScene();
});
afterEach(() => stage.close());

/** Numbers of replicas that were asked for, in order. */
const asked = (): number[] =>
  stage.server.seen
    .filter(({ method, path }) => method === 'PATCH' && path.endsWith('/scale'))
    .map(({ body }) => (JSON.parse(body) as { spec: { replicas: number } }).spec.replicas);

test('what is scaled several times is put back once, to what it had at first', async () => {
  for (const replicas of [0, 1, 0, 1]) await stage.cluster.scaleMesh(GATEWAY, replicas);
  expect(asked()).toEqual([0, 1, 0, 1]);
  expect(stage.scene.state.pending().map(({ undo }) => undo)).toEqual([
    expect.objectContaining({ kind: 'scale', name: GATEWAY.deployment, replicas: 3 }),
  ]);
  const undo = [...stage.scene.undo];
  for (const deed of undo) await deed();
  expect(asked()).toEqual([0, 1, 0, 1, 3]);
  expect(stage.scene.state.pending()).toEqual([]);
});

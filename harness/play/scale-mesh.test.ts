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

test('what is scaled back in the midst of a play has as many replicas again as it had at first, and is put back once', async () => {
  await stage.cluster.scaleMesh(GATEWAY, 0);
  expect(await stage.cluster.scaleMeshBack(GATEWAY)).toMatchObject({
    what: 'gateway in cluster1 scaled to 3',
  });
  await stage.cluster.scaleMesh(GATEWAY, 0);
  await stage.cluster.scaleMeshBack(GATEWAY);
  expect(asked()).toEqual([0, 3, 0, 3]);
  expect(stage.scene.state.pending()).toHaveLength(1);
});

test('what was not scaled cannot be scaled back', async () => {
  await expect(stage.cluster.scaleMeshBack(GATEWAY)).rejects.toThrow(/gateway was not scaled by this play/);
});

test('what somebody else has scaled to 0 is left alone: it would be put back to 0', async () => {
  const { namespace } = GATEWAY;
  await stage.cluster.member.client.scale({ namespace, name: GATEWAY.deployment }, 0);
  await expect(stage.cluster.scaleMesh(GATEWAY, 0)).rejects.toThrow(
    /expected the Deployment istio-system\/gateway in cluster1 to run.*at 0 replicas already.*kubectl .* scale deployment gateway/,
  );
  expect(asked()).toEqual([0]);
  expect(stage.scene.state.pending()).toEqual([]);
});

test('what is not there is not scaled, and nothing is to be put back', async () => {
  const scaling = stage.cluster.scaleMesh({ ...GATEWAY, deployment: 'other' }, 0);
  await expect(scaling).rejects.toThrow(
    /istio-system\/other in cluster1 to run.*there is none\. Look: kubectl/,
  );
  expect(stage.scene.state.pending()).toEqual([]);
});

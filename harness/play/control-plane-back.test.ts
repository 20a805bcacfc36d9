import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';

const RESTART = { what: 'istiod restarted', sentMs: 0, acknowledgedMs: 0, before: ['istiod-1'] };
const SYSTEM = 'istio-system';

let stage: GatewayScene;

beforeEach(async () => {
  stage = await gatewayScene();
  stage.istiodSays('/debug/syncz', []);
  const stdout = JSON.stringify([{ proxy: 'sleep-1.sample', cluster_id: 'cluster1' }]);
  const path = `${SYSTEM}/istiod-2 pilot-discovery request GET /debug/syncz`;
  stage.server.printed.set(path, { stdout });
});
afterEach(() => stage.close());

const back = (): ReturnType<typeof stage.cluster.controlPlane.isBackAfter> =>
  stage.cluster.controlPlane.isBackAfter(RESTART);

const newPod = (): void => {
  stage.pod(SYSTEM, 'istiod-2', { labels: { app: 'istiod' } });
};

test('a control plane is back when its new pod serves proxies and the one of before is gone', async () => {
  expect(await back()).toMatchObject({ holds: false, figures: { newPods: 0 } });
  newPod();
  stage.server.objects.delete(`/api/v1/namespaces/${SYSTEM}/pods/istiod-1`);
  expect(await back()).toMatchObject({
    holds: true,
    figures: { newPods: 1, podsOfBefore: 0, connected: 1 },
    seen: expect.stringContaining('none of before left, 1 proxy is connected') as string,
  });
});

test('while the pod of before ends, its proxies have not moved: the control plane is not back', async () => {
  newPod();
  stage.pod(SYSTEM, 'istiod-1', { labels: { app: 'istiod' }, deletionTimestamp: '2026-01-01T00:00:00Z' });
  expect(await back()).toMatchObject({
    holds: false,
    seen: expect.stringContaining('still there: istiod-1') as string,
  });
});

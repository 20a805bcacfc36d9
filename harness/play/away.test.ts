import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GATEWAY, gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { core, fact } from '../scenario.ts';
import type { Verdict } from '../verdict/types.ts';
import { ScenarioCluster } from './scenario-cluster.ts';

const ENTRY = { address: '198.51.100.2', port: 15443 };
const SYSTEM = 'istio-system';
const ISTIOD = 'istiod-asm-1131-0';
const OTHER = 'istiod-asm-1130-0';

let stage: GatewayScene;
beforeEach(async () => {
  stage = await gatewayScene(ENTRY, { one: core('It is so', fact), two: core('It is so too', fact) });
});
afterEach(() => stage.close());

const podEnds = (name: string): void => {
  stage.server.objects.delete(`/api/v1/namespaces/${SYSTEM}/pods/${name}`);
};

/** As an operator would. */
const restore = (name: string): Promise<unknown> =>
  stage.cluster.member.client.scale({ namespace: SYSTEM, name }, 2);

/** What is written down where this was judged. */
async function judged(check: string, verdict: Verdict): Promise<object> {
  const { recorder } = stage.scene;
  await recorder.record(check, {
    verdict,
    reason: 'seen',
    message: 'v1 took over',
    snapshot: {},
    startedAt: 0,
  });
  const { verdict: written, reason, message, evidence } = recorder.records.at(-1) ?? {};
  return { verdict: written, reason, message, evidence };
}

describe('what is judged while something is scaled to 0', () => {
  test('stands where it stays there, and when it is back', async () => {
    await stage.cluster.scaleMesh(GATEWAY, 0);
    podEnds('gateway-1');
    expect(await judged('one', 'non-conformant')).toMatchObject({
      verdict: 'non-conformant',
      reason: 'seen',
    });
    await stage.cluster.scaleMeshBack(GATEWAY);
    stage.pod(SYSTEM, 'gateway-2', { labels: { istio: 'eastwestgateway' } });
    expect(await judged('two', 'conformant')).toMatchObject({ verdict: 'conformant' });
  });

  test.each(['conformant', 'non-conformant', 'inconclusive'] as const)(
    'is inconclusive where somebody restored it, %s or not, and no evidence',
    async (verdict) => {
      await stage.cluster.scaleMesh(GATEWAY, 0);
      podEnds('gateway-1');
      await restore(GATEWAY.deployment);
      expect(await judged('one', verdict)).toEqual({
        verdict: 'inconclusive',
        reason: 'not-away',
        message: expect.stringMatching(
          /^v1 took over\. That does not count: .*gateway in cluster1 to stay at 0 .*2 replicas and 0 pods: somebody restored it.* Look: kubectl .*--show-managed-fields$/,
        ) as string,
        evidence: null,
      });
    },
  );

  test('is inconclusive where its pods go on; those that are about to end do not keep it from standing', async () => {
    await stage.cluster.scaleMesh(GATEWAY, 0);
    expect(await judged('one', 'conformant')).toMatchObject({
      reason: 'not-away',
      message: expect.stringContaining('1 pods: they have not been told to end') as string,
    });
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    stage.pod(SYSTEM, 'gateway-1', { labels: { istio: 'eastwestgateway' }, deletionTimestamp });
    expect(await judged('two', 'conformant')).toMatchObject({ verdict: 'conformant' });
  });

  test('is inconclusive where nobody can look', async () => {
    await stage.cluster.scaleMesh(GATEWAY, 0);
    stage.server.override(/^GET .*deployments/, (response) => response.writeHead(403).end('{}'));
    expect(await judged('one', 'conformant')).toMatchObject({
      reason: 'not-away',
      message: expect.stringContaining('cannot be seen') as string,
    });
  });
});

describe('a control plane that is taken down', () => {
  const istiod = (name: string, replicas: number): void => {
    stage.server.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: SYSTEM, generation: 1 },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'istiod', 'istio.io/rev': name.slice('istiod-'.length) } },
      },
      status: { observedGeneration: 1, replicas, updatedReplicas: replicas, availableReplicas: replicas },
    });
  };
  const replicas = (): Record<string, number> =>
    Object.fromEntries(
      stage.server.seen
        .filter(({ method, path }) => method === 'PATCH' && path.endsWith('/scale'))
        .map(({ path, body }) => [
          path.split('/').at(-2) ?? '',
          (JSON.parse(body) as { spec: { replicas: number } }).spec.replicas,
        ]),
    );
  /** The cluster, with a second control plane in its mesh. */
  const withTwo = (): ScenarioCluster => {
    const { context } = stage.scene;
    const { mesh } = stage.cluster;
    const controlPlanes = [{ revision: 'asm-1130-0', version: '1.30.0', deployment: OTHER }];
    const cluster1 = { ...mesh, controlPlanes: [...controlPlanes, ...mesh.controlPlanes] };
    const scene = {
      ...stage.scene,
      context: { ...context, mesh: { ...context.mesh, clusters: { cluster1 } } },
    };
    return new ScenarioCluster(scene, stage.cluster.member);
  };

  test('is down when its last pod is gone: one that was told to end still serves', async () => {
    istiod(ISTIOD, 2);
    const began = Date.now();
    setTimeout(() => {
      podEnds('istiod-1');
    }, 700);
    const { acknowledgedMs, sentMs } = await stage.cluster.controlPlane.takeDown();
    expect(acknowledgedMs - began).toBeGreaterThanOrEqual(690);
    expect(sentMs).toBeLessThan(began + 600);
    expect(await judged('one', 'conformant')).toMatchObject({ verdict: 'conformant' });
  });

  test('is not waited for where somebody restored it, and then nothing is judged', async () => {
    istiod(ISTIOD, 2);
    setTimeout(() => void restore(ISTIOD), 300);
    await stage.cluster.controlPlane.takeDown();
    expect(await judged('one', 'conformant')).toMatchObject({ verdict: 'inconclusive', reason: 'not-away' });
  });

  test('is every revision of it, and each comes back in its own number', async () => {
    istiod(ISTIOD, 2);
    istiod(OTHER, 3);
    podEnds('istiod-1');
    const { controlPlane } = withTwo();
    await controlPlane.takeDown();
    expect(replicas()).toEqual({ [ISTIOD]: 0, [OTHER]: 0 });
    await controlPlane.bringBack();
    expect(replicas()).toEqual({ [ISTIOD]: 2, [OTHER]: 3 });
  });

  test('leaves a revision at 0 that was there already, and refuses where all are', async () => {
    istiod(ISTIOD, 2);
    istiod(OTHER, 0);
    podEnds('istiod-1');
    const { controlPlane } = withTwo();
    await controlPlane.takeDown();
    await controlPlane.bringBack();
    expect(replicas()).toEqual({ [ISTIOD]: 2 });
    istiod(ISTIOD, 0);
    await expect(withTwo().controlPlane.takeDown()).rejects.toThrow(/at 0 replicas already/);
  });

  test('is restarted in the revision that injects the proxies of the play', async () => {
    istiod(ISTIOD, 2);
    istiod(OTHER, 3);
    const { before } = await withTwo().controlPlane.restart();
    expect(before).toEqual(['istiod-1']);
    const patched = stage.server.seen.filter(({ method }) => method === 'PATCH');
    expect(patched.map(({ path }) => path.split('/').at(-1))).toEqual([ISTIOD]);
  });
});

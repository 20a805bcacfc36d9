import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GATEWAY, gatewayScene, type GatewayScene } from '../../fixtures/gateway-scene.ts';
import { openEventLog, type EventLog } from '../report/event-log.ts';
import { core, fact, scenario, type Scenario } from '../scenario.ts';
import { namespaceOf } from './namespace.ts';
import { play } from './play.ts';

const FILE = { suite: 'a', name: 'x', file: '/a/x/scenario.ts' };

let stage: GatewayScene;
let log: EventLog;
beforeEach(async () => {
  stage = await gatewayScene();
  log = openEventLog(stage.scene.folder);
  const namespace = namespaceOf(stage.scene.context, FILE);
  stage.server.put({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
});
afterEach(async () => {
  log.close();
  await stage.close();
});

/** How often something was scaled. */
const scaled = (): number =>
  stage.server.seen.filter(({ method, path }) => method === 'PATCH' && path.endsWith('/scale')).length;

test('a play that is interrupted puts back what it changed before it looks at anything', async () => {
  const run = new AbortController();
  const { context, state } = stage.scene;
  const interrupted = scenario({
    claim: 'A1',
    title: 'A gateway is lost',
    document: 'none',
    apps: { cluster1: [] },
    checks: () => ({ there: core('It is there', fact) }),
    play: async ({ cluster1, step }) => {
      await cluster1.scaleMesh(GATEWAY, 0);
      // From now on nothing can be looked at, as where a node is frozen.
      stage.server.override(/^GET (?!.*\/scale$)/, () => undefined);
      run.abort(new Error('SIGINT'));
      await step('the next', () => Promise.resolve());
    },
  });
  const playing = play(interrupted as unknown as Scenario, FILE, {
    context: { ...context, keep: true, timeoutMs: 300 },
    members: [stage.cluster.member],
    signal: run.signal,
    ...{ state, log },
  });
  await vi.waitUntil(() => run.signal.aborted, { timeout: 10_000 });
  await vi.waitUntil(() => scaled() === 2, { timeout: 1000 });
  expect(await playing).toMatchObject([{ verdict: 'inconclusive', reason: 'interrupted' }]);
});

test('the namespace of a play has the labels that the run gives its namespaces', async () => {
  const { context, state } = stage.scene;
  const quiet = scenario({
    claim: 'A1',
    title: 'Nothing happens',
    document: 'none',
    apps: { cluster1: [] },
    checks: () => ({ there: core('It is there', fact) }),
    play: async ({ skip }) => skip('nothing to see', 'there'),
  });
  await play(quiet as unknown as Scenario, FILE, {
    context: { ...context, keep: true, namespaceLabels: { env: 'test' } },
    members: [stage.cluster.member],
    signal: new AbortController().signal,
    ...{ state, log },
  });
  const made = stage.server.objects.get(`/api/v1/namespaces/${namespaceOf(context, FILE)}`);
  expect(made?.metadata.labels).toMatchObject({ env: 'test' });
});

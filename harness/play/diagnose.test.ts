import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayScene } from '../../fixtures/gateway-scene.ts';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { openEventLog, readEvents } from '../report/event-log.ts';
import { core, fact } from '../scenario.ts';
import { Diagnoser } from './diagnose.ts';
import { Recorder } from './recorder.ts';

const declarations = { there: core('It is there', fact) };

let local: LocalScene;
beforeEach(async () => {
  local = await localScene(declarations);
});
afterEach(() => local.close());

/** Records a refutation with this diagnoser, and gives what is in the log then. */
async function recorded(diagnoser: Diagnoser): Promise<unknown> {
  const log = openEventLog(local.scene.folder);
  const identity = { suite: 'a', variant: 'flat', scenario: 'x', claim: 'A1' };
  const recorder = new Recorder(identity, declarations, {
    log,
    diagnoser,
    settled: [],
    evidence: {},
    undecided: {},
  });
  const refuted = { verdict: 'non-conformant', reason: 'refuted', message: 'none', startedAt: 1 } as const;
  await recorder.record('there', { ...refuted, where: 'from a to b', again: 'curl b' });
  log.close();
  return readEvents(log.directory).events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
}

test('a refutation is written down where what describes it cannot be', async () => {
  const directory = join(local.scene.folder, 'file');
  writeFileSync(directory, '');
  const found = await recorded(new Diagnoser(local.scene.members, 'sample', { directory, path: 'x' }));
  const diagnostics = { files: [], where: 'from a to b', again: 'curl b' };
  expect(found).toMatchObject([{ verdict: 'non-conformant', reason: 'refuted', diagnostics }]);
});

test('a refutation is written down where what would describe it is not what was expected', async () => {
  const gateway = await gatewayScene();
  gateway.istiodSays('/debug/clusterz', []);
  const metadata = { name: 'other-1', namespace: 'sample' };
  gateway.server.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: {} } });
  const { folder: directory } = local.scene;
  const found = await recorded(new Diagnoser([gateway.cluster.member], 'sample', { directory, path: 'x' }));
  await gateway.close();
  const diagnostics = { files: [], hints: [], where: 'from a to b', again: 'curl b' };
  expect(found).toMatchObject([{ verdict: 'non-conformant', reason: 'refuted', diagnostics }]);
});

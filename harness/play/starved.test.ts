import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localScene } from '../../fixtures/scene.ts';
import { startHello, type HelloServer } from '../../fixtures/servers/hello.ts';
import { answersAgain, core, takesOver } from '../scenario.ts';
import type { Event, PacedCalls as Paced } from './traffic.ts';
import { PacedCalls } from './traffic.ts';

let server: HelloServer;
let folder = '';
beforeEach(async () => {
  server = await startHello();
  folder = mkdtempSync(join(tmpdir(), 'starved-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const bounds = { maxErrors: 3, withinMs: 300 };
const declarations = {
  takeover: core('v2 takes over', takesOver({ from: 'v1', to: 'v2' }, bounds)),
  return: core('v2 is back', answersAgain(['v2'], 100)),
};

/** A curl that gives its processor away for this many seconds when its call is over. */
function slowCurl(seconds: string): string {
  const file = join(folder, 'curl');
  const real = `PATH=\${PATH#*:} curl "$@"`;
  writeFileSync(file, `#!/bin/sh\n${real}\nresult=$?\nsleep ${seconds}\nexit $result\n`);
  chmodSync(file, 0o755);
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

/** Judges a switch that comes too late, by a caller with this curl. */
async function judged(PATH: string): Promise<Record<string, unknown>> {
  server.now.splice(0, Infinity, 'v1');
  const local = await localScene(declarations, { env: { PATH } });
  const target = { url: `${server.url}/now`, answeredBy: { version: 'version: (v\\d)' } };
  const paced: Paced = await PacedCalls.start(local.scene, local.cluster.calls('sleep', target), 20);
  try {
    const sentMs = Date.now();
    const event: Event = { what: 'v1 is told to go', sentMs, acknowledgedMs: sentMs };
    setTimeout(() => server.now.splice(0, Infinity, 'v2'), 1500);
    await paced.takesOver(event, 'takeover');
    await paced.answersAgain(event, 'return');
  } finally {
    await paced.stop();
    await local.close();
  }
  return Object.fromEntries(
    ['takeover', 'return'].map((check) => {
      const { verdict, reason, message } = local.record(check) ?? {};
      return [check, { verdict, reason, message }];
    }),
  );
}

test('a caller without a processor accuses no mesh of being late', async () => {
  const message = expect.stringMatching(
    /^in \d+ of \d+ calls .* say nothing of the mesh.*too late\)$/,
  ) as unknown;
  const records = await judged(slowCurl('0.7'));
  expect(records['takeover']).toEqual({ verdict: 'inconclusive', reason: 'caller-starved', message });
  expect(records['return']).toMatchObject({ verdict: 'inconclusive', reason: 'caller-starved' });
});

test('a caller that is quick enough does', async () => {
  const records = await judged(slowCurl('0.1'));
  expect(records['takeover']).toMatchObject({ verdict: 'non-conformant', reason: 'late' });
  expect(records['return']).toMatchObject({ verdict: 'non-conformant', reason: 'late' });
});

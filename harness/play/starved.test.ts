import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { againWhenBusy, unlessBusy } from '../../fixtures/busy.ts';
import { localScene } from '../../fixtures/scene.ts';
import { startHello, type HelloServer } from '../../fixtures/servers/hello.ts';
import { answersAgain, core, takesOver } from '../scenario.ts';
import type { CheckRecord } from '../report/types.ts';
import type { Answer } from '../traffic/types.ts';
import { errorRate } from '../verdict/rules.ts';
import type { Event } from './heard-answers.ts';
import { starvation, starvationOfLost } from './starved.ts';
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
  const paced = await PacedCalls.start(local.scene, local.cluster.calls('sleep', target), 20);
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

/** A call by a curl that took so much longer than the call itself. */
const answer = (waitedMs: number, more: Partial<Answer> = {}): Answer => ({
  ...{ sequence: 0, label: 'v1', status: 200, exitCode: 0, connects: 1, client: 'sleep' },
  ...{ sentMs: 1000, receivedMs: 1020 + waitedMs, durationMs: 20 },
  ...more,
});

test('a caller that is quick enough does, however long its calls take', () => {
  const slow = { durationMs: 4000, receivedMs: 5010, label: 'error', failure: 'timeout' } as const;
  expect(starvation([])).toBeUndefined();
  expect(starvation(Array.from({ length: 100 }, () => answer(10, slow)))).toBeUndefined();
});

test('one call in twenty may be late, and what was never told is not', () => {
  const late = (count: number): Answer[] =>
    Array.from({ length: 100 }, (_, i) => answer(i < count ? 700 : 10));
  expect(starvation(late(5))).toBeUndefined();
  expect(starvation(late(6))).toMatch(/^in 6 of 100 calls \(6(?:\.0)? %\) curl waited more than 0.5 s/);
  const missing = Array.from({ length: 100 }, () => answer(9000, { failure: 'missing', durationMs: 0 }));
  expect(starvation(missing)).toBeUndefined();
  expect(starvation([answer(700), answer(700), answer(10)])).toBeUndefined();
});

/** Judges what is lost where every third call hangs, by a caller with this curl. */
async function lost(PATH: string): Promise<CheckRecord | undefined> {
  server.now.splice(0, Infinity, 'v1', 'v1', 'hang');
  const checks = { few: core('Hardly a call is lost', errorRate({ below: 0.01 })) };
  const local = await localScene(checks, { env: { PATH } });
  const target = { url: `${server.url}/now`, answeredBy: { version: 'version: (v\\d)' } };
  const sentMs = Date.now();
  const paced = await PacedCalls.start(local.scene, local.cluster.calls('sleep', target), 20);
  try {
    await paced.keeps({ what: 'it begins', sentMs, acknowledgedMs: sentMs }, 'few');
  } finally {
    await paced.stop();
    await local.close();
  }
  return local.record('few');
}

test('nor of losing calls that ran into their time limit', againWhenBusy(3), async () => {
  const [starved, quick] = await Promise.all([lost(slowCurl('0.7')), lost(process.env['PATH'] ?? '')]);
  expect(starved).toMatchObject({ verdict: 'inconclusive', reason: 'caller-starved' });
  // What it saw would refute the claim as soon as `--continue` went on with it.
  expect(starved?.evidence).not.toHaveProperty('snapshot');
  expect(unlessBusy(quick)).toMatchObject({ verdict: 'non-conformant' });
});

test('what refutes without the calls that ran into their limit stays', () => {
  const late = Array.from({ length: 100 }, () => answer(700));
  const timeout = answer(700, { label: 'error', failure: 'timeout' });
  expect(starvationOfLost([...late, timeout], () => false)).toMatch(/a processor of its own node/);
  expect(starvationOfLost([...late, timeout], () => true)).toBeUndefined();
  expect(starvationOfLost(late, () => false)).toBeUndefined();
});

test('no more lost calls are explained than there were late ones, and none that failed otherwise', () => {
  const late = Array.from({ length: 60 }, () => answer(700));
  const quick = Array.from({ length: 640 }, () => answer(10));
  const lostWith = (failure: 'timeout' | 'status'): Answer[] =>
    Array.from({ length: 300 }, () => answer(10, { label: 'error', failure }));
  const moreThanTwo = (rest: readonly Answer[]): boolean =>
    rest.filter(({ label }) => label === 'error').length > 2;
  expect(starvationOfLost([...late, ...quick, ...lostWith('timeout')], moreThanTwo)).toBeUndefined();
  expect(starvationOfLost([...late, ...quick, ...lostWith('status')], moreThanTwo)).toBeUndefined();
  const few = lostWith('timeout').slice(0, 30);
  expect(starvationOfLost([...late, ...quick, ...few], moreThanTwo)).toMatch(/a processor of its own node/);
});

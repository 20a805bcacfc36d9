import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { againWhenBusy, unlessBusy } from '../../fixtures/busy.ts';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { startHello, type HelloServer } from '../../fixtures/servers/hello.ts';
import type { CheckRecord } from '../report/types.ts';
import { answersAgain, core, fact, type Subject } from '../scenario.ts';
import { exclusive } from '../verdict/rules.ts';
import { sleep } from '../wait/wait.ts';
import type { Event } from './heard-answers.ts';
import { PacedCalls } from './traffic.ts';

/** Thirty clean answers rule out a residual of a fifth: a second and a half of calls. */
const takeover = (withinMs: number, maxErrors = 3): Subject => ({
  kind: 'takeover',
  rule: { kind: 'failover', from: 'v1', to: 'v2', withinMs, maxErrors, residual: 0.2 },
});
const PACE = 20;

const declarations = {
  takeover: core('v2 takes over', takeover(2000)),
  quick: core('v2 takes over at once', takeover(300)),
  return: core('v1 is back', answersAgain(['v1'], 1500)),
  quickReturn: core('v1 is back at once', answersAgain(['v1'], 100)),
  alone: core('v2 alone answers', exclusive('v2')),
  looks: core('It is there', fact),
};

let server: HelloServer;
let local: LocalScene;
let child: ChildProcess | undefined;
let paced: PacedCalls;

beforeEach(async () => {
  server = await startHello();
  local = await localScene(declarations, {
    onSpawn: (spawned) => {
      child = spawned;
    },
  });
});
afterEach(async () => {
  await paced.stop();
  await local.close();
  await server.close();
});

/** What was judged. */
const judged = (check: string): CheckRecord | undefined => unlessBusy(local.record(check));

const answers = (...versions: readonly string[]): void => {
  server.now.splice(0, Infinity, ...versions);
};

async function call(perSecond = PACE): Promise<void> {
  const target = { url: `${server.url}/now`, answeredBy: { version: 'version: (v\\d)' } };
  paced = await PacedCalls.start(local.scene, local.cluster.calls('sleep', target), perSecond);
}

/** Changes who answers, and is acknowledged at once. */
function change(...versions: readonly string[]): Event {
  const sentMs = Date.now();
  answers(...versions);
  return { what: `${versions.join(' and ')} from now on`, sentMs, acknowledgedMs: Date.now() };
}

const breakStream = (): void => {
  if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
};

describe('a takeover', againWhenBusy(9), () => {
  test('without loss is conformant, with its time and figures', async () => {
    await call();
    await paced.takesOver(change('v2'), 'takeover');
    const record = judged('takeover');
    expect(record).toMatchObject({ verdict: 'conformant', reason: 'seen', diagnostics: null });
    expect(record?.evidence).toMatchObject({ errorsBeforeSwitch: 0, figures: { lostRequests: 0 } });
    expect(record?.evidence?.switchMs?.upper).toBeLessThan(2000);
  });

  test('is not judged before calls that hang have told so', async () => {
    await call(40);
    // Some hang; then all is well for longer than a clean run takes, and shorter than they hang.
    const asked = server.requests.length;
    const event = change('v2', 'v2', 'hang');
    await vi.waitUntil(() => server.requests.length > asked + 18, { timeout: 10_000 });
    answers('v2');
    await paced.takesOver(event, 'takeover');
    expect(judged('takeover')).toMatchObject({ verdict: 'non-conformant', reason: 'errors' });
  });

  test('that loses more than was promised is not, and says how many and how they failed', async () => {
    await call();
    const event = change('error');
    const asked = server.requests.length;
    await sleep(600);
    await vi.waitUntil(() => server.requests.length > asked + 10, { timeout: 10_000 });
    answers('v2');
    await paced.takesOver(event, 'takeover');
    const record = judged('takeover');
    expect(record).toMatchObject({ verdict: 'non-conformant', reason: 'errors' });
    expect(record?.evidence?.figures?.['lostRequests']).toBeGreaterThan(3);
    expect(record?.evidence?.figures?.['failures']).toMatch(/^\d+ × HTTP 503$/);
    expect(record?.evidence?.figures?.['lastFailureMs']).toBeGreaterThan(300);
    expect(record?.diagnostics?.again).toMatch(/^kubectl .* exec deploy\/sleep -c sleep -- curl/);
  });

  test('that never comes is late', async () => {
    await call();
    await paced.takesOver(change('v1', 'v2'), 'quick');
    expect(judged('quick')).toMatchObject({ verdict: 'non-conformant', reason: 'late' });
  });

  test('from a version that did not answer before proves nothing', async () => {
    answers('v2');
    await call();
    await paced.takesOver(change('v2'), 'takeover');
    const message = expect.stringMatching(/^v1 did not answer .* nothing was taken over$/) as unknown;
    expect(judged('takeover')).toMatchObject({
      verdict: 'inconclusive',
      reason: 'not-seen-before',
      message,
    });
  });

  test('begins when what is taken away has answered', async () => {
    answers('v2');
    await call();
    setTimeout(() => {
      answers('v1', 'v2');
    }, 700);
    await paced.hears('v1', 'v2');
    await paced.takesOver(change('v2'), 'takeover');
    expect(judged('takeover')).toMatchObject({ verdict: 'conformant', reason: 'seen' });
  });

  test('in the midst of which the stream breaks is undecided', async () => {
    await call();
    const event = change('v2');
    breakStream();
    await paced.takesOver(event, 'takeover');
    expect(judged('takeover')).toMatchObject({ verdict: 'inconclusive', reason: 'stream-lost' });
  });
});

describe('a return', againWhenBusy(9), () => {
  test('in time is conformant, with the time that it took', async () => {
    answers('v2');
    await call();
    await paced.answersAgain(change('v1', 'v2'), 'return');
    const record = judged('return');
    expect(record).toMatchObject({ verdict: 'conformant', reason: 'seen' });
    expect(record?.evidence?.figures?.['timeBackMs']).toBeLessThan(1500);
  });

  test('that comes later than promised is late, and the time is told all the same', async () => {
    answers('v2');
    await call();
    const event = change('v2');
    const judging = paced.answersAgain(event, 'quickReturn');
    await sleep(600);
    answers('v1');
    await judging;
    const record = judged('quickReturn');
    expect(record).toMatchObject({ verdict: 'non-conformant', reason: 'late' });
    expect(record?.evidence?.figures?.['timeBackMs']).toBeGreaterThan(500);
  });

  test('is counted from when what brought it back was done, and the time since the command is told too', async () => {
    answers('v2');
    await call();
    const sent = change('v2');
    await sleep(400);
    answers('v1');
    await paced.sees(sent, ['v1']);
    await paced.answersAgain({ ...sent, acknowledgedMs: Date.now() }, 'quickReturn');
    const record = judged('quickReturn');
    expect(record).toMatchObject({ verdict: 'conformant', reason: 'seen' });
    expect(record?.evidence?.figures?.['timeBackMs']).toBe(0);
    expect(record?.evidence?.figures?.['timeBackSinceCommandMs']).toBeGreaterThan(350);
  });

  test('that never comes says what answered instead', async () => {
    answers('v2');
    await call();
    await paced.answersAgain(change('v2'), 'quickReturn');
    const message = expect.stringMatching(/none from v1 in \d+ calls$/) as unknown;
    expect(judged('quickReturn')).toMatchObject({ verdict: 'non-conformant', reason: 'late', message });
  });

  test('of which a stream that fell silent tells nothing is undecided', { timeout: 30_000 }, async () => {
    answers('v2');
    await call();
    child?.stdout?.pause();
    await paced.answersAgain(change('v1'), 'return');
    child?.stdout?.resume();
    expect(judged('return')).toMatchObject({ verdict: 'inconclusive', reason: 'stream-lost' });
  });

  test('of which a broken stream tells nothing is undecided', async () => {
    answers('v2');
    await call();
    breakStream();
    await paced.answersAgain(change('v2'), 'return');
    expect(judged('return')).toMatchObject({ verdict: 'inconclusive', reason: 'stream-lost' });
  });
});

describe('what keeps', () => {
  test('is refuted by a foreign answer since the event, also when the stream broke after it', async () => {
    answers('v2');
    await call();
    const event = change('v1');
    await paced.sees(event, ['v1']);
    breakStream();
    await paced.keeps(event, 'alone');
    expect(local.record('alone')).toMatchObject({
      verdict: 'non-conformant',
      requests: expect.any(Number) as unknown,
    });
  });

  test('is undecided on too few answers', async () => {
    answers('v2');
    await call();
    breakStream();
    await paced.keeps(change('v2'), 'alone');
    expect(local.record('alone')).toMatchObject({ verdict: 'inconclusive', reason: 'stream-lost' });
  });
});

test('what callers saw is not waited for in a run that is interrupted', async () => {
  const run = new AbortController();
  const target = { url: `${server.url}/now`, answeredBy: { version: 'version: (v\\d)' } };
  const scene = { ...local.scene, signal: run.signal };
  paced = await PacedCalls.start(scene, local.cluster.calls('sleep', target), PACE);
  setTimeout(() => {
    run.abort(new Error('SIGINT'));
  }, 100);
  await expect(paced.tell(change('v2'), { forMs: 60_000 })).rejects.toThrow('SIGINT');
});

test('every answer is in the file that the report names', async () => {
  await call();
  await paced.takesOver(change('v2'), 'takeover');
  const path = join(local.scene.context.outDirectory, local.record('takeover')?.answersFile ?? '');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const labels = lines.map((line) => (JSON.parse(line) as { label: string }).label);
  expect(new Set(labels)).toEqual(new Set(['v1', 'v2']));
  expect(labels.length).toBeGreaterThan(30);
});

test('a check of another kind is a mistake in the scenario', async () => {
  await call();
  const event = change('v2');
  await expect(paced.takesOver(event, 'looks')).rejects.toThrow('the check looks is not about a takeover');
  await expect(paced.answersAgain(event, 'looks')).rejects.toThrow('is not about a return');
  await expect(paced.keeps(event, 'looks')).rejects.toThrow('is not about answers');
});

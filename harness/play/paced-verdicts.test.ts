import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { core, takesOver } from '../scenario.ts';
import type { Answer, LoopEnd } from '../traffic/types.ts';
import { judge } from '../verdict/judge.ts';
import { errorRate } from '../verdict/rules.ts';
import { sleep } from '../wait/wait.ts';
import { Calls } from './calls.ts';
import type { Source } from './source.ts';
import { PacedCalls } from './traffic.ts';

const END: LoopEnd = {
  ...{ sent: 0, received: 0, missing: 0, abandoned: 0, noise: 0, complete: false },
  clock: { offsetMs: 0, uncertaintyMs: 1 },
  ...{ startedMs: 0, endedMs: 1 },
};
const PER_SECOND = 25;
const EVERY_MS = 1000 / PER_SECOND;
/** The event: so long ago that all was heard by now. */
let t0: number;
let local: LocalScene;
let take: (answer: Answer) => void;
let paced: PacedCalls;
let over: () => void;
let sequence: number;

/** Hands out an answer of the loop. */
function answer(sentMs: number, label: string, receivedMs = sentMs + 5): void {
  const failed = label === 'error' ? ({ status: 503, failure: 'status' } as const) : { status: 200 };
  const call = { exitCode: 0, connects: 1, client: 'elsewhere', durationMs: receivedMs - sentMs };
  take({ sequence, label, ...failed, ...call, sentMs, receivedMs });
  sequence += 1;
}

function answers(fromMs: number, untilMs: number, label: (sinceMs: number) => string): void {
  for (let sinceMs = fromMs; sinceMs < untilMs; sinceMs += EVERY_MS) answer(t0 + sinceMs, label(sinceMs));
}

/** A loop whose answers a test makes, by a clock that is right within so many milliseconds. */
async function begin(uncertaintyMs = 1, perSecond = PER_SECOND): Promise<void> {
  const source: Source = {
    name: 'elsewhere',
    where: () => Promise.resolve({ where: 'from elsewhere', again: 'true' }),
    gate: () => Promise.resolve(undefined),
    retries: () => Promise.resolve(undefined),
    loop: () => Promise.reject(new Error('it is paced')),
    pace: ({ onAnswer }) => {
      take = onAnswer;
      answers(-2000, -500, () => 'v1');
      const done = new Promise<LoopEnd>((resolve) => {
        over = () => {
          resolve(END);
        };
      });
      return Promise.resolve({ done, uncertaintyMs, stop: () => done });
    },
  };
  paced = await PacedCalls.start(local.scene, new Calls(local.scene, source), perSecond);
}

beforeEach(async () => {
  t0 = Date.now() - 60_000;
  sequence = 0;
  local = await localScene({
    calls: core('Fewer than 1 in 100 calls is lost', errorRate({ below: 0.01 })),
    takeover: core('v2 takes over', takesOver({ from: 'v1', to: 'v2' }, { maxErrors: 3, withinMs: 2000 })),
  });
});
afterEach(() => local.close());

const event = (acknowledgedMs: number) => ({
  what: 'v1 restarted',
  sentMs: t0,
  acknowledgedMs: t0 + acknowledgedMs,
});

test('what is lost at the end of a long event is not outvoted by what was well at its beginning', async () => {
  await begin();
  answers(0, 45_000, (sinceMs) => (sinceMs >= 38_000 && sinceMs < 43_000 ? 'error' : 'v1'));
  await paced.keeps(event(44_000), 'calls');
  expect(local.record('calls')).toMatchObject({ verdict: 'non-conformant' });
});

test('nor what is lost at its beginning by what is well at its end', async () => {
  await begin();
  answers(0, 45_000, (sinceMs) => (sinceMs < 5000 ? 'error' : 'v1'));
  await paced.keeps(event(44_000), 'calls');
  expect(local.record('calls')).toMatchObject({ verdict: 'non-conformant' });
});

test('calls that end before the event does are no pass', async () => {
  await begin();
  answers(0, 40_000, () => 'v1');
  over();
  await paced.keeps(event(44_000), 'calls');
  expect(local.record('calls')).toMatchObject({ verdict: 'inconclusive', reason: 'stream-lost' });
});

test('calls that are heard to the end of the event, and beyond, are', async () => {
  await begin();
  answers(0, 45_000, () => 'v1');
  await paced.keeps(event(44_000), 'calls');
  expect(local.record('calls')).toMatchObject({ verdict: 'conformant', requests: 45 * PER_SECOND });
});

test(
  'calls of a caller that is slower than its pace are waited for, while they come',
  { timeout: 30_000 },
  async () => {
    t0 = Date.now();
    // By its pace it would have made all calls in four seconds, and heard of lost ones in ten.
    await begin(1, 1000);
    const keeps = paced.keeps(event(100), 'calls');
    while (local.record('calls') === undefined && sequence < 1000) {
      for (let call = 0; call < 5; call += 1) answer(Date.now(), 'v1', Date.now());
      await sleep(80);
    }
    await keeps;
    expect(local.record('calls')).toMatchObject({ verdict: 'conformant' });
    expect(Date.now() - t0).toBeGreaterThan(10_000);
  },
);

test('calls of a caller that was paused in the midst of it are no pass', async () => {
  await begin();
  answers(0, 20_000, () => 'v1');
  answers(29_000, 45_000, () => 'v1');
  await paced.keeps(event(44_000), 'calls');
  const message = expect.stringMatching(/^for 9\.0 s of what is judged the caller made no call/) as unknown;
  expect(local.record('calls')).toMatchObject({ verdict: 'inconclusive', reason: 'sampling-gap', message });
});

test('a takeover while the caller made no calls is no pass', async () => {
  await begin();
  answers(0, 200, () => 'v1');
  answers(1900, 30_000, () => 'v2');
  await paced.takesOver(event(50), 'takeover');
  const message = expect.stringMatching(
    /^for 1\.7 s .* Play it again where less runs beside it \(/,
  ) as unknown;
  expect(local.record('takeover')).toMatchObject({
    verdict: 'inconclusive',
    reason: 'sampling-gap',
    message,
  });
});

test('the verdict on a takeover is the one that its file gives when it is judged again', async () => {
  await begin();
  for (let call = 0; call < 4; call += 1) answer(t0 - 400 + call * EVERY_MS, 'error', t0 - 12 + call);
  answers(40, 30_000, () => 'v2');
  await paced.takesOver(event(50), 'takeover');
  const { rule, verdict, reason, answersFile } = local.record('takeover') ?? {};
  if (rule == null) throw new Error('the takeover was judged by no rule');
  const file = join(local.scene.context.outDirectory, answersFile ?? '');
  const again = await judge(rule, readFileSync(file, 'utf8').split('\n'));
  expect({ verdict, reason }).toEqual({ verdict: 'non-conformant', reason: 'errors' });
  expect(again).toMatchObject({ verdict, reason });
});

test('the event is as wide as the clock of the caller is uncertain, and no less than it resolves', async () => {
  await begin(300);
  answers(0, 400, () => 'v1');
  answers(400, 30_000, () => 'v2');
  await paced.takesOver(event(50), 'takeover');
  expect(local.record('takeover')).toMatchObject({
    verdict: 'conformant',
    rule: { eventMs: [t0 - 300, t0 + 350] },
    evidence: { switchMs: { lower: 10, upper: 705 } },
  });
});

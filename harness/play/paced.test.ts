import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFilesIn } from '../../fixtures/open-files.ts';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { answersAgain, core } from '../scenario.ts';
import type { Answer, LoopEnd } from '../traffic/types.ts';
import { Calls } from './calls.ts';
import type { PaceOrder, Source } from './source.ts';
import { PacedCalls } from './traffic.ts';

const END: LoopEnd = {
  ...{ sent: 0, received: 0, missing: 0, abandoned: 0, noise: 0, complete: true },
  clock: { offsetMs: 0, uncertaintyMs: 1 },
  ...{ startedMs: 0, endedMs: 1 },
};

let local: LocalScene;
beforeEach(async () => {
  const there = answersAgain(['v1'], 60_000);
  local = await localScene({ first: core('It is there', there), second: core('It is there still', there) });
});
afterEach(() => local.close());

/** A place with this loop: how often it was stopped, and what its proxy counts. */
function place(
  onPace: (order: PaceOrder) => void,
  retries: () => Promise<number | undefined>,
): { source: Source; stopped: () => number } {
  let stopped = 0;
  const source: Source = {
    name: 'elsewhere',
    where: () => Promise.resolve({ where: 'from elsewhere', again: 'true' }),
    gate: () => Promise.resolve(undefined),
    retries,
    loop: () => Promise.reject(new Error('it is paced')),
    pace: (order) => {
      onPace(order);
      const stop = (): Promise<LoopEnd> => {
        stopped += 1;
        return Promise.resolve(END);
      };
      return Promise.resolve({ done: new Promise(() => undefined), uncertaintyMs: 1, stop });
    },
  };
  return { source, stopped: () => stopped };
}

const unknown = (): Promise<undefined> => Promise.resolve(undefined);

/** Ten answers at once. */
function answering({ onAnswer }: PaceOrder): void {
  const now = Date.now();
  const times = { sentMs: now, receivedMs: now, durationMs: 1 };
  const answer: Omit<Answer, 'sequence'> = {
    ...{ label: 'v1', status: 200, exitCode: 0, connects: 1, client: 'elsewhere' },
    ...times,
  };
  for (let sequence = 0; sequence < 10; sequence += 1) onAnswer({ ...answer, sequence });
}

test('a loop that never got going is stopped, and its file is closed', async () => {
  const run = new AbortController();
  const scene = { ...local.scene, signal: run.signal };
  const { source, stopped } = place(() => {
    setTimeout(() => {
      run.abort(new Error('no answers'));
    }, 100);
  }, unknown);
  await expect(PacedCalls.start(scene, new Calls(scene, source))).rejects.toThrow('no answers');
  expect(stopped()).toBe(1);
  if (process.platform === 'linux')
    expect(openFilesIn(scene.folder).filter((path) => path.includes('/answers/'))).toEqual([]);
});

test('each phase is told with the calls that the proxy tried again in it; unread ones are left out', async () => {
  const counts = [40, 43, undefined];
  const { source } = place(answering, () => Promise.resolve(counts.shift()));
  const event = { what: 'the beginning', sentMs: Date.now() - 10, acknowledgedMs: Date.now() };
  const paced = await PacedCalls.start(local.scene, new Calls(local.scene, source));
  await paced.answersAgain(event, 'first');
  await paced.answersAgain(event, 'second');
  await paced.stop();
  expect(local.record('first')).toMatchObject({ verdict: 'conformant', evidence: { retries: 3 } });
  expect(local.record('second')?.evidence).not.toHaveProperty('retries');
});

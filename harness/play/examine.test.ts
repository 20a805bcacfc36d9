import { afterEach, beforeEach, expect, test } from 'vitest';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { core, fact } from '../scenario.ts';
import { sleep } from '../wait/wait.ts';
import { examine } from './examine.ts';
import type { Finding } from './stage.ts';

let scene: LocalScene;
beforeEach(async () => {
  scene = await localScene({ shut: core('It is shut', fact) });
});
afterEach(() => scene.close());

/** Gives these findings one after the other, the last one for ever, and counts the looks. */
function looks(...findings: readonly Finding[]): { look: () => Promise<Finding>; taken: () => number } {
  let taken = 0;
  const look = (): Promise<Finding> => {
    const found = findings[Math.min(taken, findings.length - 1)];
    taken += 1;
    return found === undefined ? Promise.reject(new Error('nothing to see')) : Promise.resolve(found);
  };
  return { look, taken: () => taken };
}

const isNot: Finding = { holds: false, seen: 'open' };
const holds: Finding = { holds: true, seen: 'shut' };

test('what does not hold yet is looked at again, and judged by the last look', async () => {
  const { look, taken } = looks(isNot, holds);
  expect(await examine(scene.scene, 'shut', { look, timeoutMs: 10_000 })).toBe('conformant');
  expect(taken()).toBe(2);
});

test('a final finding is judged as it is: that it would hold a moment later does not count', async () => {
  const { look, taken } = looks({ ...isNot, final: true }, holds);
  expect(await examine(scene.scene, 'shut', { look, timeoutMs: 10_000 })).toBe('non-conformant');
  expect(taken()).toBe(1);
  expect(scene.record('shut')).toMatchObject({ reason: 'refuted', message: 'open' });
});

test('a look that the deadline cut short is seen to its end', async () => {
  let taken = 0;
  const look = async (): Promise<Finding> => {
    taken += 1;
    await sleep(300);
    return holds;
  };
  expect(await examine(scene.scene, 'shut', { look, timeoutMs: 100 })).toBe('conformant');
  expect(taken).toBe(1);
});

/** Looks that take a moment, of which the first so many fail. */
function failing(times: number): () => Promise<Finding> {
  let taken = 0;
  return async () => {
    taken += 1;
    await sleep(60);
    if (taken <= times) throw new Error('the exec stream broke');
    return holds;
  };
}

test('a look that failed when patience was over is taken once more', async () => {
  expect(await examine(scene.scene, 'shut', { look: failing(1), timeoutMs: 50 })).toBe('conformant');
});

test('of looks that all fail nothing is known', async () => {
  expect(await examine(scene.scene, 'shut', { look: failing(9), timeoutMs: 50 })).toBe('inconclusive');
  expect(scene.record('shut')).toMatchObject({ reason: 'not-seen', message: 'the exec stream broke' });
});

test('of looks that throw before they begin nothing is known either', async () => {
  const look = (): never => {
    throw new Error('nothing tells the name of cluster2');
  };
  expect(await examine(scene.scene, 'shut', { look, timeoutMs: 50 })).toBe('inconclusive');
  expect(scene.record('shut')).toMatchObject({
    reason: 'not-seen',
    message: 'nothing tells the name of cluster2',
  });
});

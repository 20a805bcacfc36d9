import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Turns } from './turns.ts';

interface Seen {
  readonly name: string;
  /** How many ran when it began, itself among them. */
  readonly beside: number;
}

/** Work that takes so long, and that says nothing the given number of times. */
function stage(): { seen: Seen[]; work: (name: string, voids: number, ms: number) => () => Promise<string> } {
  const seen: Seen[] = [];
  let running = 0;
  const work = (name: string, voids: number, ms: number) => {
    let left = voids;
    return async () => {
      running += 1;
      seen.push({ name, beside: running });
      await sleep(ms);
      running -= 1;
      left -= 1;
      return left >= 0 ? 'void' : name;
    };
  };
  return { seen, work };
}

const isVoid = (result: string): boolean => result === 'void';

describe('turns', () => {
  test('no more at a time than were asked for, and what says something is done once', async () => {
    const { seen, work } = stage();
    const turns = new Turns(2);
    const results = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => turns.take(work(name, 0, 5), isVoid, () => expect.unreachable())),
    );
    expect(results).toEqual(['a', 'b', 'c', 'd']);
    expect(seen.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
    expect(Math.max(...seen.map(({ beside }) => beside))).toBe(2);
    expect(turns.again).toBe(0);
  });

  test('what says nothing is done again after all the rest, each by itself', async () => {
    const { seen, work } = stage();
    const turns = new Turns(3);
    const told: string[] = [];
    const results = await Promise.all(
      [
        { name: 'first', voids: 1, ms: 1 },
        { name: 'second', voids: 1, ms: 1 },
        { name: 'slow', voids: 0, ms: 40 },
        { name: 'last', voids: 0, ms: 20 },
      ].map(({ name, voids, ms }) => turns.take(work(name, voids, ms), isVoid, () => told.push(name))),
    );
    expect(results).toEqual(['first', 'second', 'slow', 'last']);
    expect(told).toEqual(['first', 'second']);
    expect(seen.slice(4)).toEqual([
      { name: 'first', beside: 1 },
      { name: 'second', beside: 1 },
    ]);
    expect(turns.again).toBe(2);
  });

  test('what says nothing alone either is not done a third time', async () => {
    const { seen, work } = stage();
    const turns = new Turns(1);
    expect(await turns.take(work('busy', 9, 1), isVoid, () => undefined)).toBe('void');
    expect(seen).toHaveLength(2);
  });

  test('a failure beside it does not keep it from its second turn', async () => {
    const { work } = stage();
    const turns = new Turns(2);
    const failing = turns.take(
      () => Promise.reject(new Error('no folder')),
      isVoid,
      () => undefined,
    );
    const [failed, done] = await Promise.allSettled([
      failing,
      turns.take(work('a', 1, 5), isVoid, () => undefined),
    ]);
    expect([failed.status, done]).toEqual(['rejected', { status: 'fulfilled', value: 'a' }]);
  });
});

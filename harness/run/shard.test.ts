import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Selected } from '../select.ts';
import { benchesOf, type Bench, type Chosen } from './bench.ts';
import { Mistakes } from './mistakes.ts';
import { inShard, partition } from './shard.ts';

/** A scenario with a weight. Objects, so that equal ones are told apart. */
interface Item {
  readonly group: number;
  readonly weight: number;
}

const weigh = ({ weight }: Item): number => weight;

const groupsOf = (weights: readonly (readonly number[])[]): Item[][] =>
  weights.map((group, index) => group.map((weight) => ({ group: index, weight })));

const anyGroups = fc
  .array(fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 })
  .map(groupsOf);

/** Groups, and a number of shards that they can be split into. */
const anySplit = anyGroups.chain((groups) =>
  fc.record({ groups: fc.constant(groups), shards: fc.integer({ min: 1, max: groups.flat().length }) }),
);

const weights = (shards: readonly (readonly Item[])[]): number[][] => shards.map((items) => items.map(weigh));

describe('shards', () => {
  test('have every scenario exactly once between them, and none is empty', () => {
    fc.assert(
      fc.property(anySplit, ({ groups, shards }) => {
        const split = partition(groups, shards, weigh);
        expect(split).toHaveLength(shards);
        expect(split.flat()).toHaveLength(groups.flat().length);
        expect(new Set(split.flat())).toEqual(new Set(groups.flat()));
        for (const shard of split) expect(shard).not.toEqual([]);
      }),
    );
  });

  test('are the same every time', () => {
    fc.assert(
      fc.property(anySplit, ({ groups, shards }) => {
        const copy = structuredClone(groups);
        expect(partition(copy, shards, weigh)).toEqual(partition(groups, shards, weigh));
      }),
    );
  });

  test('keep a group whole where there are groups enough, and else have one group each', () => {
    fc.assert(
      fc.property(anySplit, ({ groups, shards }) => {
        const split = partition(groups, shards, weigh);
        const shardsOf = groups.map((_, group) =>
          split.filter((shard) => shard.some((item) => item.group === group)),
        );
        const whole = shardsOf.every(({ length }) => length === 1);
        const alone = split.every((shard) => new Set(shard.map(({ group }) => group)).size === 1);
        expect(shards <= groups.length ? whole : alone).toBe(true);
      }),
    );
  });

  test('keep the order of play', () => {
    fc.assert(
      fc.property(anySplit, ({ groups, shards }) => {
        const order = new Map(groups.flat().map((item, index) => [item, index]));
        for (const shard of partition(groups, shards, weigh)) {
          const places = shard.map((item) => order.get(item) ?? -1);
          expect(places).toEqual([...places].sort((a, b) => a - b));
        }
      }),
    );
  });

  test('differ in weight by no more than the heaviest thing that is not split', () => {
    const oneGroup = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(oneGroup, fc.integer({ min: 2, max: 3 }), (group, shards) => {
        const loads = weights(partition(groupsOf([group]), shards, weigh)).map((items) =>
          items.reduce((total, next) => total + next, 0),
        );
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(...group));
      }),
    );
  });

  test('are not empty where scenarios have no checks', () => {
    expect(weights(partition(groupsOf([[0, 0, 0]]), 3, weigh))).toEqual([[0], [0], [0]]);
  });

  test('weigh groups by what is in them', () => {
    const groups = groupsOf([[30, 31], [9, 9], [40], [5]]);
    expect(weights(partition(groups, 2, weigh))).toEqual([
      [30, 31],
      [9, 9, 40, 5],
    ]);
  });

  test('split the heaviest group first where there are more shards than groups', () => {
    const groups = groupsOf([[3, 3], [20, 10, 10, 20], [4]]);
    expect(weights(partition(groups, 5, weigh))).toEqual([[3, 3], [20], [20], [10, 10], [4]]);
  });
});

const selected = (suite: string, name: string): Selected =>
  ({
    file: { suite, name, file: '' },
    scenario: { claim: name, precondition: name === 'first' },
  }) as unknown as Selected;

/** Two suites on the same clusters in two variants; the very same scenarios are in both variants of a suite. */
function twoSuites(): Bench[] {
  const suites = ['a', 'b'].map((suite) => ({
    suite,
    scenarios: ['one', 'two'].map((name) => selected(suite, name)),
  }));
  const chosen = suites.flatMap((each): Chosen[] => [
    { ...each, variant: 'flat', clusters: [] },
    { ...each, variant: 'replicated', clusters: [] },
  ]);
  return benchesOf(chosen);
}

const idsOf = (benches: readonly Bench[]): string[] =>
  benches.flatMap(({ parts }) =>
    parts.flatMap(({ suite, variant, scenarios }) =>
      scenarios.map(({ file }) => `${suite}/${variant}/${file.name}`),
    ),
  );

describe('a shard of benches', () => {
  test('has each scenario in each variant exactly once, for every number of shards', () => {
    const all = idsOf(twoSuites()).sort();
    expect(all).toHaveLength(8);
    for (const of of [1, 2, 3, 5, 8]) {
      const shards = Array.from({ length: of }, (_, index) =>
        idsOf(inShard(twoSuites(), { index: index + 1, of }, () => 1)),
      );
      expect(shards.flat().sort()).toEqual(all);
    }
  });

  test('has its scenarios still together on one bench', () => {
    const [only, ...others] = inShard(twoSuites(), { index: 2, of: 2 }, () => 1);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ suite: 'a+b', variant: 'replicated' });
  });

  test('has all of a suite that is judged only if its first scenario holds, or nothing of it', () => {
    const scenarios = ['first', 'one', 'two'].map((name) => selected('a', name));
    const benches = benchesOf([
      { suite: 'a', variant: 'flat', clusters: [], scenarios },
      ...twoSuites().flatMap(({ parts }) => parts),
    ]);
    for (const of of [2, 3, 7, 9]) {
      const shards = Array.from({ length: of }, (_, index) =>
        idsOf(inShard(benches, { index: index + 1, of }, () => 1)).filter(
          (id) => /flat\/(first|one|two)$/.test(id) && id.startsWith('a/'),
        ),
      );
      const withFirst = shards.filter((ids) => ids.includes('a/flat/first'));
      expect(withFirst).toHaveLength(1);
      expect(withFirst[0]).toEqual(expect.arrayContaining(['a/flat/first', 'a/flat/one', 'a/flat/two']));
    }
  });

  test('of more shards than there are scenarios is a mistake with the most that there can be', () => {
    expect(() => inShard(twoSuites(), { index: 1, of: 9 }, () => 1)).toThrow(Mistakes);
    expect(() => inShard(twoSuites(), { index: 1, of: 9 }, () => 1)).toThrow(
      /^--shard 1\/9: there are only 8 scenarios to share out, .* N is at most 8$/,
    );
  });
});

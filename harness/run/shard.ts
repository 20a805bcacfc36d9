import type { Shard } from '../options/types.ts';
import type { Selected } from '../select.ts';
import { hasPrecondition, narrowedTo, type Bench, type Chosen } from './bench.ts';
import { Mistakes } from './mistakes.ts';

/**
 * Splits groups into shards of about equal weight; the same groups are always split in the same way. A group stays whole
 * if there are groups enough for all shards. Otherwise each shard has items of one group only, so that it has to bring
 * up only one.
 *
 * @param groups none of them empty
 * @param shards at least 1, at most the number of all items
 * @param weigh an item's estimated cost; what costs nothing counts as 1, so that no shard is empty
 */
export function partition<T>(
  groups: readonly (readonly T[])[],
  shards: number,
  weigh: (item: T) => number,
): T[][] {
  const weight = (item: T): number => Math.max(1, weigh(item));
  const whole = groups.map((items) => ({ items, weight: sum(items.map(weight)) }));
  if (shards <= groups.length) {
    return balanced(whole, shards, (group) => group.weight).map((bin) => bin.flatMap(({ items }) => items));
  }
  const shares = allotted(whole, shards);
  return groups.flatMap((items, index) => balanced(items, shares[index] ?? 1, weight));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, next) => total + next, 0);

/** The heaviest first, each into the bin that is the lightest so far; within a bin the given order stays. */
function balanced<T>(items: readonly T[], bins: number, weigh: (item: T) => number): T[][] {
  const loads = Array.from({ length: bins }, () => 0);
  const binOf = new Map<number, number>();
  const heaviestFirst = items
    .map((item, index) => ({ index, weight: weigh(item) }))
    .sort((one, other) => other.weight - one.weight);
  for (const { index, weight } of heaviestFirst) {
    const lightest = loads.indexOf(Math.min(...loads));
    binOf.set(index, lightest);
    loads[lightest] = (loads[lightest] ?? 0) + weight;
  }
  return loads.map((_, bin) => items.filter((_item, index) => binOf.get(index) === bin));
}

/** How many shards each group is split into: one each, and one more where a shard would weigh the most, again and again. */
function allotted(
  groups: readonly { readonly items: readonly unknown[]; readonly weight: number }[],
  shards: number,
): number[] {
  const shares = groups.map(() => 1);
  for (let left = shards - groups.length; left > 0; left -= 1) {
    const perShard = groups.map(({ items, weight }, index) => {
      const share = shares[index] ?? 1;
      return share < items.length ? weight / share : 0;
    });
    const heaviest = perShard.indexOf(Math.max(...perShard));
    shares[heaviest] = (shares[heaviest] ?? 0) + 1;
  }
  return shares;
}

interface Share {
  readonly part: Chosen;
  readonly scenarios: readonly Selected[];
}

/** What stays together. */
const sharesOf = (part: Chosen): Share[] =>
  hasPrecondition(part)
    ? [{ part, scenarios: part.scenarios }]
    : part.scenarios.map((one) => ({ part, scenarios: [one] }));

/** The benches, with the scenarios, of one shard. @throws Mistakes if there are more shards than can be made */
export function inShard(
  benches: readonly Bench[],
  { index, of }: Shard,
  weigh: (part: Chosen, selected: Selected) => number,
): Bench[] {
  const groups = benches.map(({ parts }) => parts.flatMap(sharesOf));
  const count = sum(groups.map(({ length }) => length));
  if (of > count) {
    const most = `${String(count)} ${count === 1 ? 'scenario' : 'scenarios'} to share out`;
    throw new Mistakes([
      `--shard ${String(index)}/${String(of)}: there are only ${most}, each variant counted and what follows a precondition as one, ` +
        `so N is at most ${String(count)}`,
    ]);
  }
  const weight = ({ part, scenarios }: Share): number => sum(scenarios.map((each) => weigh(part, each)));
  const mine = partition(groups, of, weight)[index - 1] ?? [];
  return benches.flatMap((bench) =>
    narrowedTo(bench, (part, selected) =>
      mine.some((share) => share.part === part && share.scenarios.includes(selected)),
    ),
  );
}

import { join } from 'node:path';
import { didYouMean } from '../options/closest.ts';
import type { RunOptions } from '../options/types.ts';
import { chooseSuites, isWanted, scenariosOf, type Selected } from '../select.ts';
import { readTopology, TopologyError } from '../topology/parse.ts';
import { variantOf, variantsOf, type Topology } from '../topology/topology.ts';
import { refuseUndecidable, UndecidableError } from '../verdict/refuse.ts';
import { benchesOf, type Bench, type Chosen } from './bench.ts';
import { Mistakes } from './mistakes.ts';
import { boundsOf, ROOT } from './setup.ts';
import { inShard } from './shard.ts';

/** What the options ask for, in the order in which it is played; with `--shard` only that part. @throws Mistakes with all of them */
export async function choose(options: RunOptions): Promise<Chosen[]> {
  return (await chooseBenches(options)).flatMap(({ parts }) => parts);
}

/** The same by the clusters that it is played on. @throws Mistakes with all of them */
export async function chooseBenches(options: RunOptions): Promise<Bench[]> {
  return ofShard(benchesOf(await chooseWhole(options)), options);
}

/** The part that `--shard` asks for, or everything. @throws Mistakes */
export function ofShard(benches: readonly Bench[], options: RunOptions): Bench[] {
  if (options.shard === undefined) return [...benches];
  return inShard(benches, options.shard, (part, selected) => checkIds(part, selected, options).length);
}

/** What the options ask for, all shards together: suites, variants and scenarios. @throws Mistakes with all of them */
export async function chooseWhole(options: RunOptions): Promise<Chosen[]> {
  const chosen = chooseSuites(ROOT, options.suite);
  if ('mistakes' in chosen) throw new Mistakes(chosen.mistakes);
  const topologies = new Map(await Promise.all(chosen.suites.map(topologyOf)));
  const strangers = unknownClusters(topologies, options);
  if (strangers.length > 0) throw new Mistakes(strangers);
  const perSuite = await Promise.all(
    [...topologies].map(([suite, topology]) => chooseIn(suite, topology, options)),
  );
  const all = perSuite.flat();
  const mistakes = [
    ...noVariant(all, topologies, options),
    ...unknownScenarios(all, options),
    ...undecidable(all, options),
  ];
  if (mistakes.length > 0) throw new Mistakes(mistakes);
  return all
    .map((one) => ({
      ...one,
      scenarios: one.scenarios.filter((each) => isAsked(one, each, options)),
    }))
    .filter(({ scenarios }) => scenarios.length > 0);
}

/** Ids of a scenario's checks. */
export const checkIds = (
  { suite, variant }: Pick<Chosen, 'suite' | 'variant'>,
  { scenario }: Selected,
  options: RunOptions,
): string[] =>
  Object.keys(scenario.checks({ bounds: boundsOf(options), variant })).map(
    (check) => `${suite}/${variant}/${scenario.claim}/${check}`,
  );

/** Is it among what `--scenario` asks for? @see isWanted */
const isAsked = (part: Pick<Chosen, 'suite' | 'variant'>, selected: Selected, options: RunOptions): boolean =>
  isWanted(selected, { variant: part.variant, ids: checkIds(part, selected, options) }, options.scenario);

type Topologies = ReadonlyMap<string, Topology>;

async function topologyOf(suite: string): Promise<readonly [suite: string, topology: Topology]> {
  try {
    return [suite, await readTopology(join(ROOT, 'suites', suite, 'topology.yaml'))];
  } catch (error) {
    throw error instanceof TopologyError ? new Mistakes([error.message]) : error;
  }
}

/** A cluster that is named has to be in one of the suites, not in all: some need more than others. */
function unknownClusters(topologies: Topologies, options: RunOptions): string[] {
  const there = [...topologies.values()].flatMap(({ clusters }) => clusters.map(({ name }) => name));
  const names = [...new Set(there)].sort();
  const [first = '', ...others] = topologies.keys();
  const lacking =
    others.length === 0
      ? `the suite ${first} has no such cluster`
      : `none of the suites ${[first, ...others].join(', ')} has such a cluster`;
  const has = others.length === 0 ? 'it has' : 'they have';
  return options.cluster
    .filter(({ name }) => !names.includes(name))
    .map(({ name }) => `--cluster ${name}: ${lacking}${didYouMean(name, names)}; ${has} ${names.join(', ')}`);
}

async function chooseIn(suite: string, topology: Topology, options: RunOptions): Promise<Chosen[]> {
  const scenarios = await scenariosOf(ROOT, suite);
  const variants = variantsOf(topology);
  return variants
    .filter((variant) => options.variant.length === 0 || options.variant.includes(variant))
    .map((variant) => ({ suite, variant, variants, clusters: variantOf(topology, variant), scenarios }));
}

/** Some suites may lack a variant; if all do, nothing would be run, and that would look as if all were well. */
function noVariant(all: readonly Chosen[], topologies: Topologies, options: RunOptions): string[] {
  if (all.length > 0 || topologies.size === 0) return [];
  const there = [...topologies].map(([suite, topology]) => `${suite} has ${variantsOf(topology).join(', ')}`);
  return [
    `--variant ${options.variant.join(', ')}: no suite that was asked for has it; ${there.join('; ')}. See: npx meshproof list`,
  ];
}

function unknownScenarios(all: readonly Chosen[], options: RunOptions): string[] {
  if (all.length === 0) return [];
  const isKnown = (wanted: string): boolean =>
    all.some((part) =>
      part.scenarios.some((each) => isAsked(part, each, { ...options, scenario: [wanted] })),
    );
  const unknown = options.scenario.filter((wanted) => !isKnown(wanted));
  const ids = all.flatMap((part) => part.scenarios.flatMap((each) => checkIds(part, each, options)));
  const folders = all.flatMap(({ scenarios }) => scenarios.map(({ file }) => file.name));
  const closest = (wanted: string): string => didYouMean(wanted, wanted.includes('/') ? ids : folders);
  const there = [
    ...new Set(
      all.flatMap(({ scenarios }) =>
        scenarios.map(({ scenario, file }) => `${scenario.claim} (${file.name})`),
      ),
    ),
  ];
  return unknown.map(
    (wanted) =>
      `--scenario ${wanted}: there is no such scenario${closest(wanted)}; there are ${there.join(', ')}. See: npx meshproof list`,
  );
}

/** A claim that its budget cannot decide is refused before anything is made. */
export function undecidable(all: readonly Chosen[], options: RunOptions): string[] {
  const rules = all.flatMap(({ variant, scenarios }) =>
    scenarios.flatMap(({ scenario, file }) =>
      Object.entries(scenario.checks({ bounds: boundsOf(options), variant })).flatMap(
        ([check, { subject }]) =>
          subject.kind === 'answers'
            ? [{ id: `${file.suite}/${variant}/${scenario.claim}/${check}`, rule: subject.rule }]
            : [],
      ),
    ),
  );
  return rules.flatMap(({ id, rule }) => {
    try {
      refuseUndecidable(rule);
      return [];
    } catch (error) {
      if (error instanceof UndecidableError) return [`${id}: ${error.message}`];
      throw error;
    }
  });
}

import type { RunOptions, Shard } from '../options/types.ts';
import { DEFAULTS } from '../verdict/defaults.ts';
import { falseFailPerCheck } from '../verdict/suite.ts';
import type { Risk } from '../verdict/types.ts';
import { unknownDefect, wrongValue } from '../provider/embedded/defects.ts';
import { benchesOf, narrowedTo, type Bench, type Chosen } from './bench.ts';
import { checkIds, chooseWhole, ofShard } from './choose.ts';
import { withContexts } from './contexts.ts';
import { createProvider, decideProvider, type ProviderName } from './choose-provider.ts';
import { isOpen, readEarlier, type Earlier } from './earlier.ts';
import { keptBenches, keptRun } from './kept.ts';
import { lanesOf } from './lanes.ts';
import { manifestMistakes } from './manifests.ts';
import { Mistakes } from './mistakes.ts';
import type { BenchRun } from './run-bench.ts';
import { missingFiles } from './setup.ts';

/** Everything that a run is going to do, decided before it does anything. */
export interface Plan {
  readonly provider: ProviderName;
  /** What was asked for, with a context named for every cluster that is there already. */
  readonly options: RunOptions;
  /** Brought up one after the other. */
  readonly benches: readonly BenchRun[];
  /** How many checks the report will have: skipped ones too, and all that an earlier run decided or had planned. */
  readonly checks: number;
  /** Their ids. */
  readonly ids: readonly string[];
  /** Shared out so that the whole run, all its shards together, keeps the budget for false alarms. */
  readonly risk: Risk;
  readonly earlier: Earlier | undefined;
  /** The run whose clusters are taken, with `--reuse`. */
  readonly reuse: string | undefined;
  /** What readers of the report have to know of the plan. */
  readonly notes: readonly string[];
}

/** What the options ask for. @throws Mistakes with all that is wrong with them, for a provider where one is decided on */
export async function chooseSound(
  options: RunOptions,
  provider: ProviderName | undefined,
): Promise<Chosen[]> {
  const mistakes = [
    ...missingFiles([
      ['--install-values', options.installValues],
      ['--gateway-api', options.gatewayApi],
      ['--installer', options.installer],
      ...options.cluster.map(({ name, file }) => [`--cluster ${name}`, file] as const),
    ]),
    ...(provider === undefined || provider === 'embedded' ? options.defect.flatMap(unknownDefect) : []),
    ...(provider === undefined ? [] : mistakesFor(provider, options)),
  ];
  const chosen = await chooseWhole(options).catch((error: unknown) => {
    if (!(error instanceof Mistakes)) throw error;
    mistakes.push(...error.mistakes);
    return [];
  });
  const worlds = chosen.map(({ clusters }) => clusters.map(({ name }) => name));
  // Of topologies that cannot be read, or suites that are not there, no cluster is known.
  if (worlds.length > 0) mistakes.push(...options.defect.flatMap((one) => wrongValue(one, worlds)));
  mistakes.push(...manifestMistakes(chosen));
  if (mistakes.length > 0) throw new Mistakes(mistakes);
  return chosen;
}

/** Decides what a run does. @throws Mistakes with all of them */
export async function plan(given: RunOptions): Promise<Plan> {
  const { name, why } = await decideProvider(given);
  const all = benchesOf(await chooseSound(given, name));
  const options = { ...given, cluster: await withContexts(given.cluster) };
  const earlier = options.continue === undefined ? undefined : readEarlier(options.continue);
  const reuse = options.reuse === undefined ? undefined : keptRun(options.reuse);
  const whole = reuse === undefined ? all : keptBenches(reuse, all, options.variant);
  const shard = ofShard(whole, options);
  const benches = narrowed(shard, earlier, options);
  const twice = name === 'kubeconfig' ? installedTwice(benches, options) : [];
  if (twice.length > 0) throw new Mistakes(twice);
  const ids = [...new Set([...planned(earlier), ...idsIn(benches, options)])];
  return {
    provider: name,
    options,
    benches: benches.map((bench): BenchRun => ({ ...bench, provider: providerFor(name, bench, options) })),
    checks: Math.max(ids.length, earlier?.checks ?? 0),
    ids,
    risk: earlier?.risk ?? riskOf(whole, options),
    earlier,
    reuse,
    notes: [
      ...(why === undefined ? [] : [why]),
      ...unused(name, options),
      ...(options.shard === undefined ? [] : [shardNote(options.shard, { shard, whole }, options)]),
    ],
  };
}

/** The same plan in more benches, which can be up at the same time, those with most to judge first. @see lanesOf */
export const inLanes = ({ provider, benches }: Plan, options: RunOptions): readonly BenchRun[] =>
  benches
    .flatMap(lanesOf)
    .map((bench) => ({ bench, checks: idsIn([bench], options).length }))
    .sort((one, other) => other.checks - one.checks)
    .map(({ bench }) => ({ ...bench, provider: providerFor(provider, bench, options) }));

/** Options that `auto` could not judge before it was decided. */
function mistakesFor(provider: ProviderName, options: RunOptions): string[] {
  const { defect, timeScale } = options;
  if (provider === 'embedded') return installing(options);
  const given = [...(defect.length > 0 ? ['--defect'] : []), ...(timeScale === 1 ? [] : ['--time-scale'])];
  return [
    ...given.map((flag) => `${flag} is for --provider embedded, and ${provider} was chosen`),
    ...(provider === 'kubeconfig' && options.gatewayApi !== undefined
      ? ['--gateway-api is for clusters that the run makes: apply the file to yours, or leave the option out']
      : []),
  ];
}

/** What is installed into clusters that stay is removed when the run is over: a second mesh would be put over the first. */
function installedTwice(benches: readonly Bench[], { installMesh }: RunOptions): string[] {
  if (!installMesh || benches.length <= 1) return [];
  const there = benches.map(
    ({ parts }) =>
      `\n  ${parts.map(({ suite, variant }) => `--suite ${suite} --variant ${variant}`).join(', or ')}`,
  );
  return [
    `--install-mesh installs one mesh into clusters that stay, and this run wants ${String(benches.length)} that differ; name one:${there.join('')}`,
  ];
}

/** The embedded clusters come with their mesh. */
function installing({ installer, gatewayApi }: RunOptions): string[] {
  const given = [
    ...(installer === undefined ? [] : ['--installer']),
    ...(gatewayApi === undefined ? [] : ['--gateway-api']),
  ];
  return given.map(
    (flag) => `${flag} installs a mesh, and the embedded clusters come with theirs: use --provider kind`,
  );
}

/** A machine may have them for all its runs: not used is not wrong. */
const unused = (provider: ProviderName, { installValues }: RunOptions): string[] =>
  provider === 'embedded' && installValues !== undefined
    ? [`--install-values ${installValues} is not used: the embedded clusters come with their mesh`]
    : [];

/** Each check has a companion about errors, which can fail too. */
const riskOf = (benches: readonly Bench[], options: RunOptions): Risk => ({
  falsePass: DEFAULTS.falsePass,
  falseFail: falseFailPerCheck(2 * idsIn(benches, options).length),
});

const providerFor = (
  name: ProviderName,
  { clusters, variant, parts }: Bench,
  options: RunOptions,
): BenchRun['provider'] =>
  createProvider(name, options, {
    clusters,
    variant,
    scenarios: parts.flatMap(({ scenarios }) => scenarios),
  });

const idsIn = (benches: readonly Bench[], options: RunOptions): string[] =>
  benches
    .flatMap(({ parts }) => parts)
    .flatMap((part) => part.scenarios.flatMap((each) => checkIds(part, each, options)));

/** A reader must not take a part for the whole. */
function shardNote(
  { index, of }: Shard,
  { shard, whole }: { readonly shard: readonly Bench[]; readonly whole: readonly Bench[] },
  options: RunOptions,
): string {
  const [here, everywhere] = [shard, whole].map((benches) => String(idsIn(benches, options).length));
  return (
    `shard ${String(index)} of ${String(of)}: ${here ?? ''} of the ${everywhere ?? ''} checks of the plan; ` +
    `the budget for false alarms is shared out over all of them, so the shards keep it together`
  );
}

/** What an earlier run was going to judge remains planned: to leave it out is not to be done with it. */
const planned = (earlier: Earlier | undefined): readonly string[] =>
  earlier === undefined
    ? []
    : [...(earlier.planned ?? []), ...earlier.decided.map(({ id }) => id), ...earlier.open];

/** Of an earlier run only what it left undecided. */
function narrowed(benches: Bench[], earlier: Earlier | undefined, options: RunOptions): Bench[] {
  if (earlier === undefined) return benches;
  return benches.flatMap((bench) =>
    narrowedTo(bench, (part, selected) =>
      checkIds(part, selected, options).some((id) => isOpen(earlier, id)),
    ),
  );
}

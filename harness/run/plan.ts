import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean } from '../options/closest.ts';
import type { RunOptions } from '../options/types.ts';
import { chooseSuites, isWanted, scenariosOf, type Selected } from '../select.ts';
import { knownRuns, RunState } from '../state/state.ts';
import { readTopology, TopologyError } from '../topology/parse.ts';
import { variantOf, variantsOf, type VariantName } from '../topology/topology.ts';
import { falseFailPerCheck } from '../verdict/suite.ts';
import { refuseUndecidable, UndecidableError } from '../verdict/refuse.ts';
import { DEFAULTS } from '../verdict/defaults.ts';
import type { Risk } from '../verdict/types.ts';
import { unknownDefect } from '../provider/embedded/defects.ts';
import { createProvider, decideProvider, type ProviderName } from './choose-provider.ts';
import { readEarlier, type Earlier } from './earlier.ts';
import { Mistakes } from './mistakes.ts';
import { boundsOf, missingFiles, ROOT } from './setup.ts';
import type { VariantRun } from './variant.ts';

/** Everything that a run is going to do, decided before it does anything. */
export interface Plan {
  readonly provider: ProviderName;
  readonly variants: readonly VariantRun[];
  /** How many checks the report will have: skipped ones too, and those that an earlier run decided. */
  readonly checks: number;
  /** Shared out so that the whole run keeps the budget for false alarms. */
  readonly risk: Risk;
  readonly earlier: Earlier | undefined;
  /** The run whose clusters are taken, with `--reuse`. */
  readonly reuse: string | undefined;
}

/** One suite in one variant, before a provider is chosen for it. */
export interface Chosen {
  readonly suite: string;
  readonly variant: VariantName;
  readonly clusters: ReturnType<typeof variantOf>;
  readonly scenarios: readonly Selected[];
}

/** What the options ask for: suites, variants and scenarios. @throws Mistakes with all of them */
export async function choose(options: RunOptions): Promise<Chosen[]> {
  const chosen = chooseSuites(ROOT, options.suite);
  if ('mistakes' in chosen) throw new Mistakes(chosen.mistakes);
  const perSuite = await Promise.all(chosen.suites.map((suite) => chooseIn(suite, options)));
  const all = perSuite.flat();
  const mistakes = [...unknownScenarios(all, options), ...undecidable(all, options)];
  if (mistakes.length > 0) throw new Mistakes(mistakes);
  return all
    .map((one) => ({
      ...one,
      scenarios: one.scenarios.filter((each) => isWanted(each, one.variant, options.scenario)),
    }))
    .filter(({ scenarios }) => scenarios.length > 0);
}

/** Decides what a run does. @throws Mistakes with all of them */
export async function plan(options: RunOptions): Promise<Plan> {
  const files = missingFiles([
    ['--install-values', options.installValues],
    ['--installer', options.installer],
    ...options.cluster.map(({ name, file }) => [`--cluster ${name}`, file] as const),
  ]);
  const earlier = options.continue === undefined ? undefined : readEarlier(options.continue);
  const all = narrowed(await choose(options), earlier, options);
  const name = await decideProvider(options);
  const wrong = mistakesFor(name, options);
  if (files.length + wrong.length > 0) throw new Mistakes([...files, ...wrong]);
  const reuse = options.reuse === undefined ? undefined : keptRun(options.reuse);
  const variants = all.filter(({ variant }) => reuse === undefined || wasKept(reuse, variant));
  const checks = variants.flatMap((one) => one.scenarios.flatMap((each) => checkIds(one, each, options)));
  const decided = earlier?.decided.map(({ id }) => id) ?? [];
  return {
    provider: name,
    variants: variants.map((one): VariantRun => ({ ...one, provider: createProvider(name, options, one) })),
    // A scenario that is played for one of its checks may hold others that were decided before.
    checks: new Set([...checks, ...decided]).size,
    // Each check has a companion about errors, which can fail too.
    risk: earlier?.risk ?? { falsePass: DEFAULTS.falsePass, falseFail: falseFailPerCheck(2 * checks.length) },
    earlier,
    reuse,
  };
}

/** Options that `auto` could not judge before it was decided. */
function mistakesFor(provider: ProviderName, options: RunOptions): string[] {
  const { defect, timeScale } = options;
  if (provider === 'embedded') return [...defect.flatMap(unknownDefect), ...installing(options)];
  const given = [...(defect.length > 0 ? ['--defect'] : []), ...(timeScale === 1 ? [] : ['--time-scale'])];
  return given.map((flag) => `${flag} is for --provider embedded, and ${provider} was chosen`);
}

/** The embedded clusters come with their mesh. */
function installing({ installer, installValues }: RunOptions): string[] {
  const given = [
    ...(installer === undefined ? [] : ['--installer']),
    ...(installValues === undefined ? [] : ['--install-values']),
  ];
  return given.map(
    (flag) => `${flag} installs a mesh, and the embedded clusters come with theirs: use --provider kind`,
  );
}

async function chooseIn(suite: string, options: RunOptions): Promise<Chosen[]> {
  const file = join(ROOT, 'suites', suite, 'topology.yaml');
  const topology = await readTopology(file).catch((error: unknown) => {
    throw error instanceof TopologyError ? new Mistakes([error.message]) : error;
  });
  const names = topology.clusters.map(({ name }) => name);
  const strangers = options.cluster.filter(({ name }) => !names.includes(name));
  if (strangers.length > 0) {
    throw new Mistakes(
      strangers.map(
        ({ name }) =>
          `--cluster ${name}: the suite ${suite} has no such cluster${didYouMean(name, names)}; it has ${names.join(', ')}`,
      ),
    );
  }
  const scenarios = await scenariosOf(ROOT, suite);
  return variantsOf(topology)
    .filter((variant) => options.variant.length === 0 || options.variant.includes(variant))
    .map((variant) => ({ suite, variant, clusters: variantOf(topology, variant), scenarios }));
}

function unknownScenarios(all: readonly Chosen[], options: RunOptions): string[] {
  const unknown = options.scenario.filter(
    (wanted) =>
      !all.some(({ variant, scenarios }) => scenarios.some((each) => isWanted(each, variant, [wanted]))),
  );
  const there = [
    ...new Set(
      all.flatMap(({ scenarios }) =>
        scenarios.map(({ scenario, file }) => `${scenario.claim} (${file.name})`),
      ),
    ),
  ];
  return unknown.map(
    (wanted) => `--scenario ${wanted}: there is no such scenario; there are ${there.join(', ')}`,
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

/** Of an earlier run only what it left undecided. */
function narrowed(all: Chosen[], earlier: Earlier | undefined, options: RunOptions): Chosen[] {
  if (earlier === undefined) return all;
  const decided = new Set(earlier.decided.map(({ id }) => id));
  const isOpen = (id: string): boolean => (earlier.killed ? !decided.has(id) : earlier.open.includes(id));
  return all
    .map((one) => ({
      ...one,
      scenarios: one.scenarios.filter((each) => checkIds(one, each, options).some(isOpen)),
    }))
    .filter(({ scenarios }) => scenarios.length > 0);
}

const checkIds = ({ suite, variant }: Chosen, { scenario }: Selected, options: RunOptions): string[] =>
  Object.keys(scenario.checks({ bounds: boundsOf(options), variant })).map(
    (check) => `${suite}/${variant}/${scenario.claim}/${check}`,
  );

function keptRun(reuse: string): string {
  const kept = knownRuns()
    .filter((state) => !state.alive() && existsSync(state.directory))
    .map(({ id }) => id)
    .sort();
  const found = reuse === 'latest' ? kept.at(-1) : kept.find((id) => id === reuse);
  if (found !== undefined) return found;
  throw new Mistakes([
    `--reuse ${reuse}: no such run was kept (--keep); kept runs: ${kept.join(', ') || 'none'}`,
  ]);
}

const wasKept = (run: string, variant: string): boolean =>
  existsSync(join(new RunState(run).directory, variant));

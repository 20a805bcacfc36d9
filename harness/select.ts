/** Which scenarios there are, and which of them a run plays: decided once, for runner and report alike. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MissingFeatures } from './mesh/types.ts';
import { didYouMean } from './options/closest.ts';
import type { ScenarioFile } from './play/context.ts';
import { playsAlone, type Scenario } from './scenario.ts';

/** A scenario and where it lies. */
export interface Selected {
  readonly file: ScenarioFile;
  readonly scenario: Scenario;
}

/** Names of suites that have a topology. */
export function suiteNames(root: string): string[] {
  return readdirSync(join(root, 'suites'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'suites', entry.name, 'topology.yaml')))
    .map((entry) => entry.name)
    .sort();
}

/** The suites that were asked for, or all mistakes. */
export function chooseSuites(
  root: string,
  wanted: readonly string[],
): { suites: string[] } | { mistakes: string[] } {
  const there = suiteNames(root);
  const unknown = wanted.filter((name) => name !== 'all' && !there.includes(name));
  if (unknown.length > 0) {
    return {
      mistakes: unknown.map(
        (name) =>
          `unknown suite ${name}${didYouMean(name, there)}; suites: ${there.join(', ')}, all. See: npx meshproof list`,
      ),
    };
  }
  return { suites: wanted.includes('all') ? there : [...new Set(wanted)] };
}

/** Every scenario of a suite, in the order in which they are played: preconditions, then by claim: what can share the mesh, what plays alone, what disrupts it. */
export async function scenariosOf(root: string, suite: string): Promise<Selected[]> {
  const folder = join(root, 'suites', suite);
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'scenario.ts')));
  const all = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name, 'scenario.ts');
      const module = (await import(pathToFileURL(file).href)) as { default: Scenario };
      return { file: { suite, name, file }, scenario: module.default };
    }),
  );
  const rank = ({ scenario }: Selected): number =>
    (Number(scenario.disruptive ?? false) - Number(scenario.precondition ?? false)) * 2000 +
    Number(playsAlone(scenario)) * 1000 +
    Number(/\d+/.exec(scenario.claim)?.[0] ?? 0);
  return all.sort((a, b) => rank(a) - rank(b));
}

/** Is it the beginning of an id, and not within a number: `M1` begins `M1/all-known`, not `M11/all-known`. */
const begins = (beginning: string, id: string): boolean =>
  id.startsWith(beginning) && !/^\d\d$/.test(id.slice(beginning.length - 1, beginning.length + 1));

/**
 * Does a scenario answer to `--scenario`: its claim, its folder's name, its id or the beginning of a check's id?
 * @param ids of its checks in this variant
 */
export function isWanted(
  { file, scenario }: Selected,
  { variant, ids }: { readonly variant: string; readonly ids: readonly string[] },
  wanted: readonly string[],
): boolean {
  if (wanted.length === 0) return true;
  const names = [scenario.claim, file.name, `${file.suite}/${file.name}`];
  const all = [`${file.suite}/${variant}/${scenario.claim}`, ...ids];
  return wanted.some((one) => names.includes(one) || all.some((id) => begins(one, id)));
}

/** Why a scenario is not played on this mesh; undefined when it is. */
export function whySkipped(
  { scenario }: Selected,
  variant: string,
  missing: MissingFeatures,
): string | undefined {
  if (scenario.variants !== undefined && !scenario.variants.includes(variant)) {
    return `it is about the variant ${scenario.variants.join(', ')}`;
  }
  for (const need of scenario.needs ?? []) {
    const reason = missing[need];
    if (reason !== undefined) return `it needs ${need}: ${reason}`;
  }
  return undefined;
}

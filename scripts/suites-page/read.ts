/** What the page about the suites says, read from the scenarios and topologies themselves. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defaultOptions } from '../../harness/options/parse.ts';
import { checksOf } from '../../harness/run/list.ts';
import { boundsOf } from '../../harness/run/setup.ts';
import type { Level, Subject } from '../../harness/scenario.ts';
import { scenariosOf, suiteNames, type Selected } from '../../harness/select.ts';
import { readTopology } from '../../harness/topology/parse.ts';
import { variantOf, variantsOf, type Topology } from '../../harness/topology/topology.ts';
import { riskOf } from '../../harness/verdict/risk.ts';
import type { Risk } from '../../harness/verdict/types.ts';

/** A check, in the variants in which it is declared just so. */
export interface CheckFacts {
  /** `CLAIM/NAME`: its id in a report without suite and variant. */
  readonly id: string;
  readonly variants: readonly string[];
  readonly level: Level;
  readonly sentence: string;
  /** In words, how it is judged. */
  readonly rule: string;
  readonly basis: Basis;
}

/** What a verdict goes by: a sample, with the most calls that its rule may take; paced calls for a time; or one look. */
export type Basis =
  | { readonly kind: 'sample'; readonly risk: Risk; readonly maxCalls: number }
  | { readonly kind: 'clock'; readonly falsePass: number | null }
  | { readonly kind: 'look' };

/** A scenario and all of its checks. */
export interface ScenarioFacts {
  /** Its folder in the suite. */
  readonly folder: string;
  readonly claim: string;
  readonly title: string;
  readonly document: string;
  readonly needs: readonly string[];
  /** Those of the suite's variants that it is played in. */
  readonly variants: readonly string[];
  readonly disruptive: boolean;
  readonly checks: readonly CheckFacts[];
}

/** A suite and all of its scenarios, by the number of their claims. */
export interface SuiteFacts {
  readonly name: string;
  readonly hasReadme: boolean;
  readonly topology: Topology;
  readonly scenarios: readonly ScenarioFacts[];
}

/**
 * Reads every suite of a folder.
 *
 * @throws Error that begins with the suite's path, if a topology or scenario cannot be read
 */
export function readSuites(root: string): Promise<readonly SuiteFacts[]> {
  return Promise.all(
    suiteNames(root).map((name) =>
      readSuite(root, name).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`suites/${name} cannot be read: ${message}`, { cause: error });
      }),
    ),
  );
}

async function readSuite(root: string, name: string): Promise<SuiteFacts> {
  const folder = join(root, 'suites', name);
  const topology = await readTopology(join(folder, 'topology.yaml'));
  const selected = await scenariosOf(root, name);
  const number = ({ scenario }: Selected): number => Number(/\d+/.exec(scenario.claim)?.[0] ?? 0);
  return {
    name,
    hasReadme: existsSync(join(folder, 'README.md')),
    topology,
    scenarios: selected
      .sort((a, b) => number(a) - number(b) || a.file.name.localeCompare(b.file.name, 'en'))
      .map((one) => scenarioFacts(one, topology)),
  };
}

function scenarioFacts(selected: Selected, topology: Topology): ScenarioFacts {
  const { file, scenario } = selected;
  const variants = variantsOf(topology).filter((variant) => scenario.variants?.includes(variant) ?? true);
  return {
    folder: file.name,
    claim: scenario.claim,
    title: scenario.title,
    document: scenario.document,
    needs: scenario.needs ?? [],
    variants,
    disruptive: scenario.disruptive ?? false,
    checks: merged(variants.map((variant) => checksIn(selected, topology, variant))),
  };
}

/** The checks of a scenario in one variant, in the author's order. */
function checksIn(
  selected: Selected,
  topology: Topology,
  variant: ReturnType<typeof variantsOf>[number],
): CheckFacts[] {
  const { file, scenario } = selected;
  const options = defaultOptions();
  const declared = scenario.checks({ bounds: boundsOf(options), variant });
  const clusters = variantOf(topology, variant);
  const listed = checksOf({ suite: file.suite, variant, clusters, scenarios: [selected] }, options);
  return Object.entries(declared).map(([name, { level, sentence, subject }]) => {
    const id = `${scenario.claim}/${name}`;
    const found = listed.find((one) => one.id === `${file.suite}/${variant}/${id}`);
    if (found === undefined) throw new Error(`${file.name} declares ${id}, which meshproof list leaves out`);
    const basis = basisOf(subject, found.maxRequests);
    return { id, variants: [variant], level, sentence, rule: found.rule, basis };
  });
}

function basisOf(subject: Subject, maxCalls: number | null): Basis {
  switch (subject.kind) {
    case 'answers':
      return { kind: 'sample', risk: riskOf(subject.rule), maxCalls: maxCalls ?? Infinity };
    case 'takeover':
      return { kind: 'clock', falsePass: riskOf({ ...subject.rule, eventMs: 0 }).falsePass };
    case 'return':
      return { kind: 'clock', falsePass: null };
    case 'fact':
      return { kind: 'look' };
  }
}

/** What is the same in several variants is one check; what differs stays apart, each beside the other. */
function merged(perVariant: readonly (readonly CheckFacts[])[]): readonly CheckFacts[] {
  const byContent = new Map<string, CheckFacts>();
  for (const check of perVariant.flat()) {
    const content = JSON.stringify({ ...check, variants: [] });
    const before = byContent.get(content)?.variants ?? [];
    byContent.set(content, { ...check, variants: [...before, ...check.variants] });
  }
  const ids = [...new Set([...byContent.values()].map(({ id }) => id))];
  return ids.flatMap((id) => [...byContent.values()].filter((check) => check.id === id));
}

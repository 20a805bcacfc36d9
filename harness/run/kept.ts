import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownRuns, RunState, stateDirectory } from '../state/state.ts';
import { shellQuote } from '../command/quote.ts';
import { variantNames, type VariantName } from '../topology/topology.ts';
import { topologyKey, type Bench } from './bench.ts';
import { Mistakes } from './mistakes.ts';

/** Beside the kubeconfig files of a bench: which clusters these are. */
const TOPOLOGY_FILE = 'topology.json';

/** Writes down, in a bench's own directory, which clusters these are: `--reuse` takes them only for suites that fit them. */
export function rememberTopology(directory: string, bench: Bench): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, TOPOLOGY_FILE), `${topologyKey(bench)}\n`);
}

/** The run that `--reuse` names. @throws Mistakes if no such run was kept */
export function keptRun(reuse: string): string {
  const there = knownRuns()
    .filter((state) => !state.alive() && existsSync(state.directory))
    .map((state) => ({ state, startedAt: state.record()?.startedAt ?? '' }))
    .sort((one, other) => one.startedAt.localeCompare(other.startedAt))
    .map(({ state }) => state);
  const kept = there.filter((state) => state.isKept()).map(({ id }) => id);
  // Of a run that was killed, there may be clusters as well: who names it may have them.
  const found = reuse === 'latest' ? kept.at(-1) : there.find(({ id }) => id === reuse)?.id;
  if (found !== undefined) return found;
  throw new Mistakes([
    `--reuse ${reuse}: no such run was kept (--keep); kept runs: ${kept.join(', ') || 'none'}. ` +
      `See: ${shellQuote(['ls', join(stateDirectory(), 'runs')])}`,
  ]);
}

/**
 * The benches whose clusters a run kept, under the name that it kept them by.
 *
 * @param named the variants that were asked for by name: none of them is left out without a word
 * @throws Mistakes if there is none, or not each that was named
 */
export function keptBenches(
  run: string,
  benches: readonly Bench[],
  named: readonly VariantName[] = [],
): Bench[] {
  const found = benches.map((bench) => ({ bench, variant: keptAs(run, bench) }));
  const kept = found.flatMap(({ bench, variant }) => (variant === undefined ? [] : [{ ...bench, variant }]));
  const lacking = found.filter(({ variant }) => variant === undefined).map(({ bench }) => bench);
  const missing = kept.length === 0 ? lacking : lacking.filter((bench) => isNamed(bench, named));
  if (missing.length === 0) return kept;
  const asked = missing.map(({ suite, variant }) => `${suite}/${variant}`).join(', ');
  throw new Mistakes([
    `--reuse ${run}: that run kept no clusters for ${asked}; ask for what it played last, or leave out --reuse`,
  ]);
}

/** What several suites share may go by another's name of the same wiring. */
const isNamed = ({ variant, parts }: Bench, named: readonly VariantName[]): boolean =>
  [variant, ...parts.map((part) => part.variant)].some((name) => named.includes(name));

/** Two variants may be the same clusters, so a bench may have been kept by another one's name. */
function keptAs(run: string, bench: Bench): VariantName | undefined {
  const { directory } = new RunState(run);
  return [bench.variant, ...variantNames].find((variant) => {
    const place = join(directory, variant);
    if (!existsSync(place)) return false;
    const kept = readText(join(place, TOPOLOGY_FILE));
    // Runs of an earlier version did not write it down.
    return kept === undefined ? variant === bench.variant : kept.trim() === topologyKey(bench);
  });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

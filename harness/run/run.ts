import { join } from 'node:path';
import type { RunOptions } from '../options/types.ts';
import type { Finding } from '../provider/types.ts';
import { observed, openEventLog } from '../report/event-log.ts';
import { foldReport } from '../report/fold.ts';
import { createProgress } from '../report/progress.ts';
import { terminalSummary } from '../report/terminal.ts';
import { reportText, writeReports } from '../report/write.ts';
import { chooseSuites, scenariosOf } from '../select.ts';
import { knownRuns, newRunId, RunState } from '../state/state.ts';
import { readTopology } from '../topology/parse.ts';
import { variantOf, variantsOf } from '../topology/topology.ts';
import { DEFAULTS } from '../verdict/defaults.ts';
import { createProvider, decideProvider } from './choose-provider.ts';
import { ROOT, seedOf, userPath, type Run } from './setup.ts';
import { runVariant, type VariantRun } from './suite.ts';
import { timed } from './timed.ts';

/** Everything that a run is going to do, decided before it does anything. */
export interface Planned {
  readonly provider: 'kind' | 'kubeconfig';
  readonly variants: readonly VariantRun[];
}

/** A mistake of the user's: all of them at once, exit 2. */
export class Mistakes extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}

/** The run whose clusters were kept. @throws Mistakes if there is none */
function keptRun(reuse: string): string {
  const kept = knownRuns().filter((state) => !state.alive()).map(({ id }) => id).sort();
  const found = reuse === 'latest' ? kept.at(-1) : kept.find((id) => id === reuse);
  if (found !== undefined) return found;
  throw new Mistakes([`--reuse ${reuse}: no such run was kept; kept runs: ${kept.join(', ') || 'none'}`]);
}

/** Decides what a run does. @throws Mistakes with all of them */
export async function plan(options: RunOptions): Promise<Planned> {
  const chosen = chooseSuites(ROOT, options.suite);
  if ('mistakes' in chosen) throw new Mistakes(chosen.mistakes);
  const provider = await decideProvider(options);
  if (typeof provider !== 'string') throw new Mistakes([provider.mistake]);
  const perSuite = await Promise.all(
    chosen.suites.map(async (suite) => {
      const topology = await readTopology(join(ROOT, 'suites', suite, 'topology.yaml'));
      const scenarios = await scenariosOf(ROOT, suite);
      return variantsOf(topology)
        .filter((variant) => options.variant.length === 0 || options.variant.includes(variant))
        .map((variant): VariantRun => {
          const clusters = variantOf(topology, variant);
          return { suite, variant, clusters, scenarios, evidence: {}, provider: createProvider(provider, options, { clusters, scenarios }) };
        });
    }),
  );
  return { provider, variants: perSuite.flat() };
}

/** Runs suites from nothing to a report. Resolves to the exit code. */
export async function run(options: RunOptions, command: string): Promise<number> {
  const planned = await plan(options);
  const id = newRunId(new Date());
  const log = openEventLog(join(userPath(options.out), id));
  const abort = new AbortController();
  const state = new RunState(id);
  const clustersOf = options.reuse === undefined ? id : keptRun(options.reuse);
  const current: Run = { id, clustersOf, options, seed: seedOf(options), state, log: log, signal: abort.signal };
  const progress = createProgress();
  const display = new BroadcastChannel(`meshproof-${id}`);
  display.onmessage = (message: unknown) => {
    progress.handle((message as { data: Parameters<typeof progress.handle>[0] }).data);
  };
  const shown: Run = {
    ...current,
    log: observed(log, (event) => {
      progress.handle(event);
    }),
  };
  state.begin({ provider: planned.provider, startedAt: new Date().toISOString(), outDirectory: log.directory });
  shown.log.append({
    type: 'run-started',
    run: { id, started: new Date().toISOString(), command, seed: current.seed, harnessVersion: '0.1.0' },
    environment: { provider: planned.provider },
    defaults: {},
  });
  let signal: string | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (signal !== undefined) process.exit(name === 'SIGINT' ? 130 : 143);
    signal = name;
    abort.abort(new Error(`ended by ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    for (const variant of planned.variants) {
      const findings = await timed(shown, { name: 'preflight', suite: variant.suite, variant: variant.variant }, () => variant.provider.preflight());
      shown.log.append({ type: 'preflight', findings });
      const errors = findings.filter(({ severity }: Finding) => severity === 'error');
      if (errors.length > 0) throw new Mistakes(errors.map(({ message, remedy }) => (remedy === null ? message : `${message}\n  ${remedy}`)));
      await runVariant(shown, variant).catch((error: unknown) => {
        shown.log.append({ type: 'note', level: 'warning', text: error instanceof Error ? error.message : String(error) });
      });
      if (abort.signal.aborted) break;
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    display.close();
  }
  if (!options.keep && state.pending().every(({ undo }) => undo.kind === 'namespace')) state.end();
  const before = foldReport(log.read());
  shown.log.append({ type: 'run-ended', verdict: before.verdict, exitCode: before.run.exitCode, ...(signal === undefined ? {} : { signal }) });
  progress.stop();
  const report = foldReport(log.read());
  const written = writeReports(log.directory, report);
  process.stdout.write(options.json ? reportText(report) : terminalSummary(report, { screen: process.stdout, env: process.env, directory: written.directory }));
  return report.run.exitCode;
}

void DEFAULTS;

import { join } from 'node:path';
import pLimit from 'p-limit';
import type { RunOptions } from '../options/types.ts';
import { version } from '../options/version.ts';
import { endOf, foldReport } from '../report/fold.ts';
import { terminalSummary } from '../report/terminal.ts';
import type { CheckRecord, Report } from '../report/types.ts';
import { reportText, writeReports } from '../report/write.ts';
import { makeStateDirectory, newRunId, RunState, stateDirectory } from '../state/state.ts';
import { againOf } from './again.ts';
import { cleanRun } from './clean.ts';
import { declaredDefaults } from './defaults.ts';
import { openDisplay, type Display } from './display.ts';
import { movedTo } from './earlier.ts';
import { worldsAtOnce } from './lanes.ts';
import { lock } from './lock.ts';
import { Mistakes } from './mistakes.ts';
import { withoutOtherVariants } from './other-variants.ts';
import { makeOutFolder } from './out-folder.ts';
import { inLanes, plan, type Plan } from './plan.ts';
import { described, preflight } from './preflight.ts';
import { isOver, runBench, type BenchRun } from './run-bench.ts';
import { seedOf, userPath, type Run } from './setup.ts';
import { listenForTheEnd, type Ending } from './signals.ts';
import { timed } from './timed.ts';
import { loadVitest } from './vitest.ts';

/** Runs suites from nothing to a report. Resolves to the exit code. @throws Mistakes before anything is made */
export async function run(asked: RunOptions, command: string): Promise<number> {
  const planned = await plan(asked);
  const { options } = planned;
  const id = newRunId(new Date());
  const directory = join(userPath(options.out), id);
  makeOutFolder(directory);
  prepareToRemember();
  const unlock = planned.provider === 'kind' ? lock('kind', id) : () => undefined;
  const ending = listenForTheEnd(options.maxDuration);
  let display: Display | undefined;
  try {
    display = openDisplay(directory, id);
    const current = begin(planned, { id, options, command }, { display, ending });
    await carryOut(current, planned);
    const clean = await leaveTidy(current);
    const report = finish(current, ending, clean);
    display.stop();
    show(current, report);
    return report.run.exitCode;
  } finally {
    ending.release();
    display?.stop();
    unlock();
  }
}

/** Nothing is made that could not be written down before. */
function prepareToRemember(): void {
  try {
    makeStateDirectory();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Mistakes([
      `expected a folder to write down what a run makes, so that clean finds it; ${stateDirectory()} is none: ${why}. ` +
        `Name one that you may write to: export XDG_STATE_HOME=DIRECTORY`,
    ]);
  }
}

interface Identity {
  readonly id: string;
  readonly options: RunOptions;
  readonly command: string;
}

function begin(
  planned: Plan,
  identity: Identity,
  around: { readonly display: Display; readonly ending: Ending },
): Run {
  const { id, options, command } = identity;
  const { log } = around.display;
  // Of clusters that are there already the run that made them goes on: one journal, which ends with them.
  const state = new RunState(planned.reuse ?? id);
  const seed = seedOf(options);
  const started = new Date().toISOString();
  state.begin({ provider: planned.provider, startedAt: started, outDirectory: log.directory });
  log.append({
    type: 'run-started',
    run: { id, started, command, seed, harnessVersion: version },
    environment: {
      provider: planned.provider,
      // What the verdicts and the evidence of the earlier run are about.
      mesh: planned.earlier?.mesh ?? null,
      notes: [...cautionsOf(planned), ...options.note],
    },
    defaults: declaredDefaults(options, planned.risk),
    again: againOf(planned, { options, seed, clustersOf: planned.reuse ?? id }),
  });
  log.append({ type: 'plan', checks: planned.checks, ids: planned.ids });
  for (const text of planned.notes) log.append({ type: 'note', level: 'info', text });
  const { earlier, risk, reuse } = planned;
  if (earlier !== undefined) {
    const here = (check: CheckRecord): CheckRecord => movedTo(log.directory, earlier, check);
    for (const check of earlier.decided) log.append({ type: 'check', check: here(check) });
    for (const check of earlier.carried) log.append({ type: 'check', check: here(check), carried: true });
  }
  return {
    id,
    clustersOf: reuse ?? id,
    options,
    seed,
    state,
    log,
    risk,
    earlier,
    signal: around.ending.signal,
  };
}

const cautionsOf = ({ benches }: Plan): string[] => [
  ...new Set(benches.flatMap(({ provider }) => provider.caution ?? [])),
];

/** Preflight, then bench after bench. What breaks is in the log, and so in the report. */
async function carryOut(current: Run, planned: Plan): Promise<void> {
  const findings = await timed(current, { name: 'preflight' }, () => preflight(planned, current.options));
  current.log.append({ type: 'preflight', findings });
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    current.log.append({ type: 'run-ended', verdict: 'inconclusive', exitCode: 2 });
    writeReports(current.log.directory, foldReport(current.log.read()));
    if (current.clustersOf === current.id) current.state.end();
    throw new Mistakes(errors.map(described));
  }
  // While clusters come up. Should it fail, it does so again where it is needed.
  loadVitest().catch(() => undefined);
  const benches = withoutOtherVariants(current, planned.benches);
  if (inWorldsOfTheirOwn(current, planned)) {
    const limit = pLimit(worldsAtOnce());
    await Promise.all(
      inLanes({ ...planned, benches }, current.options).map((bench) =>
        limit(() => carryOutOne(current, bench, false)),
      ),
    );
    return;
  }
  for (const bench of benches) {
    const isLast = bench === benches.at(-1);
    // Clusters of two benches would have the same names: the last one's are kept.
    await carryOutOne(current, bench, current.options.keep && isLast);
  }
}

/** Clusters that are kept, or were, have their place by the name of their variant. */
const inWorldsOfTheirOwn = ({ options }: Run, { provider, reuse }: Plan): boolean =>
  provider === 'embedded' && !options.keep && reuse === undefined && options.scenariosAtOnce > 1;

async function carryOutOne(current: Run, bench: BenchRun, keep: boolean): Promise<void> {
  if (isOver(current)) return;
  await runBench(current, bench, keep).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    current.log.append({ type: 'note', level: 'warning', text });
  });
}

/** Puts back what is still in the journal. Resolves to whether nothing is left. */
async function leaveTidy(current: Run): Promise<boolean> {
  if (current.options.keep) {
    current.state.keep();
    return true;
  }
  const { left } = await cleanRun(current.state, (text) => {
    current.log.append({ type: 'progress', text });
  });
  for (const what of left) {
    const text = `left behind: ${what}. Look: npx meshproof clean ${current.clustersOf}`;
    current.log.append({ type: 'note', level: 'warning', text });
  }
  return left.length === 0;
}

function finish(current: Run, ending: Ending, clean: boolean): Report {
  const { log, options } = current;
  const end = endOf(log.read(), {
    ...ending.by(),
    ...(!clean && options.strictTeardown ? { leftBehind: true } : {}),
  });
  log.append(end);
  return foldReport(log.read());
}

function show(current: Run, report: Report): void {
  const written = writeReports(current.log.directory, report);
  const { stdout, env } = process;
  stdout.write(
    current.options.json
      ? reportText(report)
      : terminalSummary(report, {
          screen: stdout,
          env: current.options.color ? env : { ...env, NO_COLOR: '1' },
          directory: written.directory,
        }),
  );
  for (const problem of [
    ...written.problems,
    ...(current.log.problem === undefined ? [] : [current.log.problem]),
  ]) {
    process.stderr.write(`${problem}\n`);
  }
}

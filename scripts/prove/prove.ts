import { join } from 'node:path';
import { calibrate, type Calibrated } from './calibration.ts';
import { compare } from './compare.ts';
import { falseAlarms, healthyTask, type Healthy } from './healthy.ts';
import { play, type Task } from './play.ts';
import { Turns } from './turns.ts';
import type { Outcome, Played, Row } from './types.ts';

/** What is to be proved. */
export interface Plan {
  readonly rows: readonly Row[];
  /** Runs of each row, with the seeds 1 to `seeds`. */
  readonly seeds: number;
  readonly healthy: readonly Healthy[];
  /** Runs of each healthy row. */
  readonly times: number;
  /** Seeds of each calibration row; 0: none. */
  readonly simulated: number;
  /** Runs at a time. */
  readonly jobs: number;
}

/** A run of a healthy mesh. */
export interface HealthyOutcome {
  readonly seed: number;
  readonly exit: number;
  readonly seconds: number;
  readonly conformant: number;
  readonly problems: readonly string[];
}

/** What came of it all. */
export interface Matrix {
  readonly startedAt: string;
  readonly seconds: number;
  readonly jobs: number;
  /** Runs whose callers got no processor: played again, alone. */
  readonly starved: number;
  readonly rows: readonly { readonly row: Row; readonly outcomes: readonly Outcome[] }[];
  readonly healthy: readonly { readonly healthy: Healthy; readonly outcomes: readonly HealthyOutcome[] }[];
  readonly calibration: readonly Calibrated[];
  readonly holds: boolean;
}

/** Runs all of a plan, each run on an embedded mesh of its own. Runs lie below `runs`; `say` is told of each as it ends. */
export async function prove(plan: Plan, runs: string, say: (line: string) => void): Promise<Matrix> {
  const startedAt = new Date();
  const calibration = plan.simulated > 0 ? calibrate(plan.simulated) : [];
  const turns = new Turns<Played>(plan.jobs, wasStarved);
  const total = plan.healthy.length * plan.times + plan.rows.length * plan.seeds;
  let done = 0;
  const run = async <T extends Ended>(task: Task, judge: (played: Played) => T): Promise<T> => {
    const played = await turns.take(
      () => play(task, runs),
      () => {
        say(`${' '.repeat(15)}no verdict  ${told(task)}: no processor for its callers; again, by itself`);
      },
    );
    const outcome = judge(played);
    done += 1;
    say(lineOf(task, outcome, `${String(done)}/${String(total)}`));
    if (outcome.problems.length > 0) say(`        ${join(played.folder, 'run.log')}`);
    return outcome;
  };
  // Whole suites take longest: they begin first.
  const healthy = plan.healthy.map(async (one) => ({
    healthy: one,
    outcomes: await Promise.all(
      seeds(plan.times).map((seed) => run(healthyTask(one, seed), (played) => ofHealthy(played))),
    ),
  }));
  const rows = plan.rows.map(async (row) => ({
    row,
    outcomes: await Promise.all(
      seeds(plan.seeds).map((seed) => run(taskOf(row, seed), (played) => compare(row, played))),
    ),
  }));
  const all = { rows: await Promise.all(rows), healthy: await Promise.all(healthy), calibration };
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  return {
    ...{ startedAt: startedAt.toISOString(), seconds, jobs: plan.jobs, starved: turns.again },
    ...{ ...all, holds: holds(all) },
  };
}

/** This machine was too busy to tell: the run says nothing of the mesh. */
const wasStarved = ({ checks }: Played): boolean => checks.some(({ reason }) => reason === 'caller-starved');

type Ended = Pick<Outcome, 'seconds' | 'problems'>;

const seeds = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

const taskOf = ({ suite, variant, claim, defect }: Row, seed: number): Task => ({
  ...{ suite, defect, seed },
  at: { variant, claim },
});

function ofHealthy(played: Played): HealthyOutcome {
  const { seed, exit, seconds, checks } = played;
  const conformant = checks.filter(({ verdict }) => verdict === 'conformant').length;
  return { seed, exit, seconds, conformant, problems: falseAlarms(played) };
}

const holds = ({ rows, healthy, calibration }: Pick<Matrix, 'rows' | 'healthy' | 'calibration'>): boolean =>
  [...rows, ...healthy].every(({ outcomes }) => outcomes.every(({ problems }) => problems.length === 0)) &&
  calibration.every(({ agrees }) => agrees);

function told({ suite, at, defect, seed }: Task): string {
  const place = at === undefined ? suite : `${suite}/${at.variant}/${at.claim}`;
  return `${place}  ${defect ?? 'healthy'}  seed ${String(seed)}`;
}

function lineOf(task: Task, { seconds, problems }: Ended, count: string): string {
  const time = `${seconds.toFixed(0)} s`.padStart(5);
  const head = `${count.padStart(7)} ${time}  ${problems.length === 0 ? 'as stated' : 'DIFFERS  '}  ${told(task)}`;
  return [head, ...problems.map((problem) => `        ${problem}`)].join('\n');
}

import { join } from 'node:path';
import { calibrate, type Calibrated } from './calibration.ts';
import { compare } from './compare.ts';
import { falseAlarms, healthyTask, type Healthy } from './healthy.ts';
import { Known } from './known.ts';
import { play, type Task } from './play.ts';
import { starvedAlone } from './starved-alone.ts';
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
  /** What is not played again. @default nothing */
  readonly known?: Known;
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
  /** How many of the runs were known before, and not played. */
  readonly knownBefore: number;
  readonly rows: readonly { readonly row: Row; readonly outcomes: readonly Outcome[] }[];
  readonly healthy: readonly { readonly healthy: Healthy; readonly outcomes: readonly HealthyOutcome[] }[];
  readonly calibration: readonly Calibrated[];
  readonly holds: boolean;
}

/** Runs all of a plan, each run on an embedded mesh of its own. Runs lie below `runs`; `say` is told of each as it ends. */
export async function prove(plan: Plan, runs: string, say: (line: string) => void): Promise<Matrix> {
  const startedAt = new Date();
  const calibration = plan.simulated > 0 ? calibrate(plan.simulated) : [];
  const { known = new Known() } = plan;
  const total = plan.healthy.length * plan.times + plan.rows.length * plan.seeds;
  let done = 0;
  const run = async <T extends Ended>(turns: Turns, task: Task, judge: (played: Played) => T): Promise<T> => {
    const { played, outcome } = await turns.take(
      async () => {
        const ended = await play(task, runs);
        return { played: ended, outcome: judge(ended) };
      },
      (seen) => starvedAlone(seen.played, seen.outcome.problems),
      () => {
        say(`${' '.repeat(15)}no verdict  ${told(task)}: no processor for its callers; again, by itself`);
      },
    );
    done += 1;
    say(lineOf(task, outcome, `${String(done)}/${String(total)}`));
    if (outcome.problems.length > 0) say(`        ${join(played.folder, 'run.log')}`);
    return outcome;
  };
  // A whole suite has several meshes up at a time by itself, and what is judged of times needs processors that are free.
  const suites = new Turns(Math.ceil(plan.jobs / 2));
  const healthy = await Promise.all(
    plan.healthy.map(async (one) => ({
      healthy: one,
      outcomes: await withSeeds(
        plan.times,
        async (seed) => known.ofHealthy(one, seed) ?? run(suites, healthyTask(one, seed), ofHealthy),
      ),
    })),
  );
  const single = new Turns(plan.jobs);
  const rows = await Promise.all(
    plan.rows.map(async (row) => ({
      row,
      outcomes: await withSeeds(
        plan.seeds,
        async (seed) =>
          known.ofRow(row, seed) ?? run(single, taskOf(row, seed), (played) => compare(row, played)),
      ),
    })),
  );
  return {
    startedAt: startedAt.toISOString(),
    seconds: known.seconds + (Date.now() - startedAt.getTime()) / 1000,
    jobs: plan.jobs,
    starved: known.starved + suites.again + single.again,
    knownBefore: total - done,
    rows,
    healthy,
    calibration,
    holds: holds({ rows, healthy, calibration }),
  };
}

/** What came of the seeds 1 to `seeds`. All ask for their turn at once. */
const withSeeds = <T>(seeds: number, run: (seed: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: seeds }, (_, index) => run(index + 1)));

type Ended = Pick<Outcome, 'seconds' | 'problems'>;

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

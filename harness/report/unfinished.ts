import type { LoggedEvent, Planned } from './events.ts';
import { groupBy } from './group.ts';
import { NOTHING_MEASURED } from './nothing-measured.ts';
import type { CheckRecord, RunStart, StageRecord } from './types.ts';

interface Course {
  readonly start: RunStart;
  readonly stages: readonly StageRecord[];
  readonly ended: Extract<LoggedEvent, { type: 'run-ended' }> | undefined;
  /** Ids of the checks that have a verdict, and what was going to have one. */
  readonly judged: readonly string[];
  readonly plan: Planned | undefined;
  /** Whole lines of the events that could not be understood. */
  readonly unknown: number;
}

/**
 * The inconclusive entries of a run that did not do all it was going to: a report is never green because something is
 * missing from it. At most one for each suite and variant whose stage broke, and one for the run.
 */
export function unfinished(course: Course): readonly CheckRecord[] {
  const broken = brokenStages(course);
  return [...broken, ...brokenRun(course, broken.length > 0)];
}

/** What fails after the measurements costs no verdict: it is a warning. */
function brokenStages({ stages }: Course): readonly CheckRecord[] {
  const broken = stages.filter(
    (stage) => stage.state === 'failed' && stage.name !== 'collect' && stage.name !== 'teardown',
  );
  return [...groupBy(broken, placeOf).values()].flatMap((group) => {
    const first = group[0];
    if (first === undefined) return [];
    const message = group
      .map((stage) => `${titleOf(stage)} failed: ${stage.message ?? 'no reason given'}`)
      .join('\n');
    return [entry({ stage: first, reason: 'set-up-died', message })];
  });
}

function brokenRun(course: Course, explained: boolean): readonly CheckRecord[] {
  const { ended, unknown, start } = course;
  const stage = stageOfTheEnd(course);
  const where = stage === undefined ? 'before its first stage' : `in the stage ${titleOf(stage)}`;
  const { missing, progress } = progressOf(course);
  const at = { stage, startedAt: start.started };
  if (ended === undefined) {
    const message = `The run did not end: it was killed ${where}, or is still going on${progress}.`;
    return [entry({ ...at, reason: 'killed', message })];
  }
  if (ended.signal !== undefined) {
    return [
      entry({ ...at, reason: 'interrupted', message: `${ended.signal} ended the run ${where}${progress}.` }),
    ];
  }
  if (unknown > 0) {
    const message = `${String(unknown)} lines of events.ndjson are not events that this version knows.`;
    return [entry({ ...at, reason: 'unreadable', message })];
  }
  if (!missing || explained) return [];
  const message = `Not everything that was planned was played${progress}.`;
  return [entry({ ...at, reason: 'not-reached', message })];
}

/** The stage in which a run was ended, or that it never left. */
function stageOfTheEnd({ stages, ended }: Course): StageRecord | undefined {
  const { signalledAt } = ended ?? {};
  if (signalledAt !== undefined)
    return stages.findLast(({ startedAt }) => Date.parse(startedAt) <= Date.parse(signalledAt));
  return stages.findLast(({ state }) => state === 'started') ?? stages.at(-1);
}

/** Ids that a message names; the others are only counted. */
const NAMED = 5;

/** Ids of checks that were planned and have no verdict; none where the plan does not tell ids. */
export function unjudgedOf(plan: Planned | undefined, judged: readonly string[]): readonly string[] {
  const known = new Set(judged);
  return plan?.ids?.filter((id) => !known.has(id)) ?? [];
}

/** How far it came, in words. What nobody planned does not stand in for what was. */
function progressOf({ plan, judged }: Course): { readonly missing: boolean; readonly progress: string } {
  if (plan === undefined) return { missing: false, progress: '' };
  const { checks, ids } = plan;
  const left = unjudgedOf(plan, judged);
  const count = ids === undefined ? judged.length : ids.length - left.length;
  const others = left.length > NAMED ? ` and ${String(left.length - NAMED)} more` : '';
  const which = left.length === 0 ? '' : `; without one: ${left.slice(0, NAMED).join(', ')}${others}`;
  return {
    missing: count < checks,
    progress: `; ${String(count)} of ${String(checks)} checks have a verdict${which}`,
  };
}

/** Is it an entry of `unfinished`, not a check that anybody declared? */
export const isAboutTheRun = ({ claim, scenario }: CheckRecord): boolean =>
  claim === 'run' && scenario === 'run';

function placeOf(stage: StageRecord): string {
  return `${stage.suite ?? 'run'}/${stage.variant ?? 'all'}`;
}

function titleOf(stage: StageRecord): string {
  const place = [stage.suite, stage.variant, stage.cluster].filter((part) => part !== null).join('/');
  return place === '' ? stage.name : `${stage.name} (${place})`;
}

interface Missing {
  readonly stage?: StageRecord | undefined;
  readonly startedAt?: string;
  readonly reason: string;
  readonly message: string;
}

function entry({ stage, startedAt, reason, message }: Missing): CheckRecord {
  const step = stage?.name ?? 'start';
  const suite = stage?.suite ?? 'run';
  const variant = stage?.variant ?? 'all';
  return {
    id: `${suite}/${variant}/${reason}/${step}`,
    claim: 'run',
    suite,
    variant,
    scenario: 'run',
    step,
    sentence: 'The run does everything that was asked of it',
    level: 'core',
    verdict: 'inconclusive',
    reason,
    message,
    ...NOTHING_MEASURED,
    startedAt: stage?.startedAt ?? startedAt ?? new Date(0).toISOString(),
    durationMs: stage?.durationMs ?? 0,
  };
}

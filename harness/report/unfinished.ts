import type { LoggedEvent } from './events.ts';
import { groupBy } from './group.ts';
import { NOTHING_MEASURED } from './nothing-measured.ts';
import type { CheckRecord, RunStart, StageRecord } from './types.ts';

interface Course {
  readonly start: RunStart;
  readonly stages: readonly StageRecord[];
  readonly ended: Extract<LoggedEvent, { type: 'run-ended' }> | undefined;
  /** How many checks have a verdict, and how many were going to have one. */
  readonly judged: number;
  readonly planned: number | null;
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
  const { ended, judged, planned, unknown, start } = course;
  const stage = course.stages.findLast((candidate) => candidate.state === 'started') ?? course.stages.at(-1);
  const where = stage === undefined ? 'before its first stage' : `in the stage ${titleOf(stage)}`;
  const missing = planned !== null && judged < planned;
  const progress = planned === null ? '' : `; ${String(judged)} of ${String(planned)} checks have a verdict`;
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
  return [entry({ ...at, reason: 'not-reached', message: `The run ended early${progress}.` })];
}

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

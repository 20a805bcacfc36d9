import { withAgain } from './again.ts';
import type { LoggedEvent, RunEnded } from './events.ts';
import type { EventsRead } from './event-log.ts';
import { foldEnvironment } from './fold-environment.ts';
import { foldStages } from './fold-stages.ts';
import { groupBy } from './group.ts';
import { countVerdicts, exitCodeOf, verdictOf } from './outcome.ts';
import { profilesOf } from './profiles.ts';
import { SCHEMA_VERSION } from './schema.ts';
import type { CheckRecord, Report, RunStart, StageRecord } from './types.ts';
import { unfinished, unjudgedOf } from './unfinished.ts';

/**
 * Makes the report of what happened. Works at every moment of a run, and after it was killed: what is missing then is
 * one inconclusive entry that names the stage.
 */
export function foldReport({ events, torn, unknown }: EventsRead): Report {
  const latest = sinceLastStart(events);
  const stages = foldStages(latest);
  const ended = latest.findLast((event) => event.type === 'run-ended');
  const started = latest.find((event) => event.type === 'run-started');
  const judged = lastOfEachCheck(events).map((check) => withAgain(check, started?.again));
  const plan = latest.findLast((event) => event.type === 'plan');
  const start = startOf(latest);
  const signal = ended?.signal ?? null;
  const judgedIds = judged.map(({ id }) => id);
  const checks = [...judged, ...unfinished({ start, stages, ended, plan, judged: judgedIds, unknown })];
  const environment = foldEnvironment(events);
  return {
    schemaVersion: SCHEMA_VERSION,
    run: {
      ...start,
      ended: ended?.at ?? null,
      exitCode: exitCodeBy(ended, checks),
      signal,
      planned: plan?.checks ?? null,
    },
    environment,
    provider: environment.provider,
    verdict: verdictOf(checks),
    defaults: started?.defaults ?? {},
    totals: {
      core: countVerdicts(checks.filter((check) => check.level === 'core')),
      extended: countVerdicts(checks.filter((check) => check.level === 'extended')),
    },
    profiles: profilesOf(checks, unjudgedOf(plan, judgedIds)),
    checks,
    stages,
    preflight: latest.findLast((event) => event.type === 'preflight')?.findings ?? [],
    notes: notesOf(latest, { stages, torn }),
  };
}

/** 2 (usage or configuration) is known to the command line only; all other codes follow from the checks and the end. */
function exitCodeBy(ended: Ended | undefined, checks: readonly CheckRecord[]): number {
  if (ended?.exitCode === 2) return 2;
  const exitCode = exitCodeOf(checks, ended?.signal);
  return exitCode === 0 && ended?.leftBehind === true ? 3 : exitCode;
}

/** The last event of a run: how it ended, as a report of it all says. */
export function endOf(
  read: EventsRead,
  how: Pick<RunEnded, 'signal' | 'signalledAt' | 'leftBehind'>,
): RunEnded {
  // Without an end, a report says that the run was killed; the verdict and the code given here are not looked at.
  const ended: RunEnded = { type: 'run-ended', verdict: 'inconclusive', exitCode: 0, ...how };
  const at = new Date().toISOString();
  const { verdict, run } = foldReport({ ...read, events: [...read.events, { ...ended, at }] });
  return { ...ended, verdict, exitCode: run.exitCode };
}

type Ended = Extract<LoggedEvent, { type: 'run-ended' }>;

/** A run that goes on with an earlier one's evidence (`--continue`) writes into the same file. */
function sinceLastStart(events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  const start = events.findLastIndex((event) => event.type === 'run-started');
  return start <= 0 ? events : events.slice(start);
}

function startOf(events: readonly LoggedEvent[]): RunStart {
  const started = events.find((event) => event.type === 'run-started');
  if (started !== undefined) return started.run;
  const at = events[0]?.at ?? new Date(0).toISOString();
  return { id: 'unknown', started: at, command: '', seed: 0, harnessVersion: 'unknown' };
}

function lastOfEachCheck(events: readonly LoggedEvent[]): readonly CheckRecord[] {
  const checks = new Map<string, CheckRecord>();
  for (const event of events) if (event.type === 'check') checks.set(event.check.id, event.check);
  return inReadingOrder([...checks.values()]);
}

/** Scenarios are judged side by side; a reader has them one after the other, suite by suite, by claim. */
function inReadingOrder(checks: readonly CheckRecord[]): CheckRecord[] {
  const suites = groupBy(checks, ({ suite, variant }) => `${suite}/${variant}`);
  return [...suites.values()].flatMap((ofOne) => {
    const claims = [...groupBy(ofOne, ({ claim, scenario }) => `${claim} ${scenario}`)];
    return claims
      .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
      .flatMap(([, ofClaim]) => ofClaim);
  });
}

function notesOf(
  events: readonly LoggedEvent[],
  { stages, torn }: { stages: readonly StageRecord[]; torn: number },
): Report['notes'] {
  const said = events.flatMap((event) =>
    event.type === 'note' ? [{ level: event.level, text: event.text }] : [],
  );
  const afterwards = stages
    .filter((stage) => stage.state === 'failed' && (stage.name === 'collect' || stage.name === 'teardown'))
    .map((stage) => ({
      level: 'warning' as const,
      text: `${stage.name} failed: ${stage.message ?? 'no reason given'}`,
    }));
  const lines = torn === 1 ? '1 line of events.ndjson was' : `${String(torn)} lines of events.ndjson were`;
  const cut = { level: 'warning' as const, text: `${lines} cut short` };
  return [...said, ...afterwards, ...(torn > 0 ? [cut] : [])];
}

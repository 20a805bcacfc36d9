import { join, relative } from 'node:path';
import { readEvents } from '../report/event-log.ts';
import { foldReport } from '../report/fold.ts';
import type { CheckRecord, Environment, Report } from '../report/types.ts';
import { isAboutTheRun } from '../report/unfinished.ts';
import { DEFAULTS } from '../verdict/defaults.ts';
import type { Risk } from '../verdict/types.ts';
import { Mistakes } from './mistakes.ts';
import { lookForRuns, userPath } from './setup.ts';
import { withBeginning } from './whole-log.ts';

/** A run that left something undecided, and what it knew. */
export interface Earlier {
  readonly id: string;
  /** Its folder, absolute. */
  readonly directory: string;
  /** By SUITE/VARIANT: the precondition that did not hold, in words. What was not judged for it is not judged now. */
  readonly unmet: Readonly<Record<string, string>>;
  /** What it measured; null if it did not get that far. */
  readonly mesh: Environment['mesh'];
  /** The risks that were declared then: they hold for the evidence of then. */
  readonly risk: Risk;
  /** Ids of all checks that it was going to judge; logs of older versions do not tell. */
  readonly planned: readonly string[] | undefined;
  /** How many checks it was going to judge. */
  readonly checks: number;
  /** Was it killed? Then some of its checks have no verdict at all. */
  readonly killed: boolean;
  /** Ids of its checks that are inconclusive, or were planned and never judged. */
  readonly open: readonly string[];
  /** Its other checks: they stay as they are. */
  readonly decided: readonly CheckRecord[];
  /** Its inconclusive checks that have evidence: they stay with it until they are judged again. */
  readonly carried: readonly CheckRecord[];
  /**
   * By check id: why it was inconclusive, in words, though somebody looked. A run that skips it says nothing that would
   * undo that.
   */
  readonly undecided: Readonly<Record<string, string>>;
  /** Evidence by check id. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** Reasons of checks that a run did not get to. */
const NOT_LOOKED_AT: ReadonlySet<string> = new Set(['interrupted', 'not-judged', 'precondition']);

/** Reads the run that `--continue` names. @throws Mistakes if there is none, or nothing is left to decide */
export function readEarlier(directory: string): Earlier {
  const path = userPath(directory);
  const { report, planned } = read(path);
  const checks = report.checks.filter((check) => !isAboutTheRun(check));
  const inconclusive = checks.filter(({ verdict }) => verdict === 'inconclusive');
  const decided = checks.filter(({ verdict }) => verdict !== 'inconclusive');
  const carried = inconclusive.filter(({ evidence }) => evidence?.snapshot !== undefined);
  const known = new Set(checks.map(({ id }) => id));
  const unjudged = planned?.filter((id) => !known.has(id)) ?? [];
  if (inconclusive.length + unjudged.length === 0 && !brokeOff(report)) {
    throw new Mistakes([
      `--continue ${directory}: no check of run ${report.run.id} is inconclusive; its verdict is ${report.verdict}`,
    ]);
  }
  const waiting = inconclusive.filter(({ reason }) => reason === 'precondition');
  return {
    id: report.run.id,
    directory: path,
    unmet: Object.fromEntries(waiting.map(({ suite, variant, message }) => [`${suite}/${variant}`, message])),
    mesh: report.environment.mesh,
    risk: {
      falsePass: numberOr(report.defaults['falsePass'], DEFAULTS.falsePass),
      falseFail: numberOr(report.defaults['falseFail'], DEFAULTS.falseFail),
    },
    planned,
    checks: report.run.planned ?? 0,
    killed: report.run.ended === null,
    open: [...inconclusive.map(({ id }) => id), ...unjudged],
    decided,
    carried,
    undecided: Object.fromEntries(
      inconclusive.filter(({ reason }) => !NOT_LOOKED_AT.has(reason)).map(({ id, message }) => [id, message]),
    ),
    evidence: Object.fromEntries(carried.map(({ id, evidence }) => [id, evidence?.snapshot])),
  };
}

/** A check of it as a report in another folder has it: where its files are stays true. */
export function movedTo(directory: string, { directory: from }: Earlier, check: CheckRecord): CheckRecord {
  const moved = (file: string): string => join(relative(directory, from), file);
  const { answersFile, diagnostics } = check;
  return {
    ...check,
    answersFile: answersFile === null ? null : moved(answersFile),
    diagnostics: diagnostics === null ? null : { ...diagnostics, files: diagnostics.files.map(moved) },
  };
}

/** Is the check to be judged by the run that goes on? Where a killed run did not tell its plan: all that it did not decide. */
export function isOpen({ planned, killed, open, decided }: Earlier, id: string): boolean {
  return planned === undefined && killed ? !decided.some((check) => check.id === id) : open.includes(id);
}

/** Did the run itself end before its time? Then it can be gone on with, though nothing may be left to play. */
const brokeOff = ({ run, checks }: Report): boolean =>
  run.ended === null || checks.some((check) => isAboutTheRun(check) && check.reason !== 'set-up-died');

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;

function read(path: string): { readonly report: Report; readonly planned: Earlier['planned'] } {
  const log = withBeginning(path, eventsIn(path));
  return { report: foldReport(log), planned: log.events.findLast((event) => event.type === 'plan')?.ids };
}

function eventsIn(path: string): ReturnType<typeof readEvents> {
  try {
    return readEvents(path);
  } catch {
    throw new Mistakes([
      `--continue: ${path} is not the folder of a run: there is no ${join(path, 'events.ndjson')}. ` +
        `See: ${lookForRuns(path)}`,
    ]);
  }
}

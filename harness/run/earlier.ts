import { join } from 'node:path';
import { readEvents } from '../report/event-log.ts';
import { foldReport } from '../report/fold.ts';
import type { CheckRecord } from '../report/types.ts';
import { DEFAULTS } from '../verdict/defaults.ts';
import type { Risk } from '../verdict/types.ts';
import { Mistakes } from './mistakes.ts';
import { userPath } from './setup.ts';

/** A run that left something undecided, and what it knew. */
export interface Earlier {
  readonly id: string;
  readonly meshVersion: string;
  /** The risks that were declared then: they hold for the evidence of then. */
  readonly risk: Risk;
  /** Was it killed? Then some of its checks have no verdict at all. */
  readonly killed: boolean;
  /** Ids of its inconclusive checks. */
  readonly open: readonly string[];
  /** Its other checks: they stay as they are. */
  readonly decided: readonly CheckRecord[];
  /** Evidence by check id. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** Reads the run that `--continue` names. @throws Mistakes if there is none, or nothing is left to decide */
export function readEarlier(directory: string): Earlier {
  const path = userPath(directory);
  const report = readReport(path);
  const open = report.checks.filter(
    ({ verdict, reason }) => verdict === 'inconclusive' && reason !== 'set-up-died',
  );
  if (open.length === 0 && report.run.ended !== null) {
    throw new Mistakes([
      `--continue ${directory}: no check of run ${report.run.id} is inconclusive; its verdict is ${report.verdict}`,
    ]);
  }
  const ids = new Set(open.map(({ id }) => id));
  return {
    id: report.run.id,
    meshVersion: report.environment.mesh?.version ?? 'unknown',
    risk: {
      falsePass: numberOr(report.defaults['falsePass'], DEFAULTS.falsePass),
      falseFail: numberOr(report.defaults['falseFail'], DEFAULTS.falseFail),
    },
    killed: report.run.ended === null,
    open: [...ids],
    decided: report.checks.filter(({ id, reason }) => !ids.has(id) && reason !== 'set-up-died'),
    evidence: Object.fromEntries(
      open.flatMap(({ id, evidence }) => (evidence?.snapshot === undefined ? [] : [[id, evidence.snapshot]])),
    ),
  };
}

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;

function readReport(path: string): ReturnType<typeof foldReport> {
  try {
    return foldReport(readEvents(path));
  } catch {
    throw new Mistakes([
      `--continue: ${path} is not the folder of a run: there is no ${join(path, 'events.ndjson')}`,
    ]);
  }
}

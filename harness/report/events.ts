/**
 * What happens in a run, as lines of `events.ndjson`: the source of truth from which every report is made.
 * Whoever runs a stage or judges a check says so here, at once.
 */
import { z } from 'zod';
import type { Again } from './again.ts';
import * as schema from './schema.ts';
import type { CheckRecord, Defaults, Environment, PreflightFinding, RunStart, StageName } from './types.ts';

/** The name of the file in a run's directory. */
export const EVENTS_FILE = 'events.ndjson';

/** The first event: which run this is. What is not yet known of the environment follows by `environment`. */
export interface RunStarted {
  readonly type: 'run-started';
  readonly run: RunStart;
  readonly environment?: Partial<Environment>;
  readonly defaults?: Defaults;
  /** How its checks are played again; logs of older versions do not tell. */
  readonly again?: Again;
}

/** Facts of the environment as they become known; clusters are merged by name, lists are united. */
export interface EnvironmentFound {
  readonly type: 'environment';
  readonly environment: Partial<Environment>;
}

/** How many checks the run is going to have, skipped ones too. Fewer in the end is inconclusive, never green. */
export interface Planned {
  readonly type: 'plan';
  readonly checks: number;
  /** Their ids; logs of older versions do not tell. With `--continue` also of all that the run before had planned. */
  readonly ids?: readonly string[];
}

/** A stage begins or ends. `failed`: it broke for good, after all retries (not: a check in it was non-conformant). */
export interface StageChanged {
  readonly type: 'stage';
  readonly name: StageName;
  readonly state: 'started' | 'done' | 'failed';
  readonly suite?: string;
  readonly variant?: string;
  readonly cluster?: string;
  readonly durationMs?: number;
  readonly message?: string;
}

/** What is being done or awaited now; only for people who watch. */
export interface Progress {
  readonly type: 'progress';
  readonly text: string;
  /** What this goes on in, where several things go on at once: SUITE/VARIANT/CLAIM. */
  readonly of?: string;
  /** The id of the check that is being measured. */
  readonly check?: string;
  /** Requests of that check so far. */
  readonly requests?: number;
}

/** A check is judged. Of two with one id, the later holds. */
export interface Checked {
  readonly type: 'check';
  readonly check: CheckRecord;
  /** Left undecided by the run that this one goes on with: it stands, with its evidence, until it is judged again. */
  readonly carried?: true;
}

/** Something that a reader of the report has to know. */
export interface Noted {
  readonly type: 'note';
  readonly level: 'info' | 'warning';
  readonly text: string;
}

/** All findings of the preflight. */
export interface PreflightDone {
  readonly type: 'preflight';
  readonly findings: readonly PreflightFinding[];
}

/** The last event. A run without one was killed, or is still going on. */
export interface RunEnded {
  readonly type: 'run-ended';
  readonly verdict: CheckRecord['verdict'];
  readonly exitCode: number;
  /** By which signal it was ended, e.g. SIGINT. */
  readonly signal?: string;
  /** When the signal came: what was tidied up after it comes later. */
  readonly signalledAt?: string;
  /** Something could not be removed, and by --strict-teardown that makes exit 0 a 3. */
  readonly leftBehind?: true;
}

/** An event as its author gives it; the log adds the time. */
export type RunEvent =
  | RunStarted
  | EnvironmentFound
  | Planned
  | StageChanged
  | Progress
  | Checked
  | Noted
  | PreflightDone
  | RunEnded;

/** An event as it is stored: with the time, ISO 8601 with milliseconds. */
export type LoggedEvent = RunEvent & { readonly at: string };

const at = z.iso.datetime();
const text = z.string();
const again: z.ZodType<Again> = z.object({
  command: text,
  ownsClusters: z.boolean(),
  kept: z.object({ places: z.array(text), words: text }).exactOptional(),
});

/** Validates one line of `events.ndjson`. */
export const loggedEvent: z.ZodType<LoggedEvent> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run-started'),
    at,
    run: schema.runStart,
    environment: schema.partialEnvironment.exactOptional(),
    defaults: schema.defaults.exactOptional(),
    again: again.exactOptional(),
  }),
  z.object({ type: z.literal('environment'), at, environment: schema.partialEnvironment }),
  z.object({
    type: z.literal('plan'),
    at,
    checks: z.int().nonnegative(),
    ids: z.array(text).exactOptional(),
  }),
  z.object({
    type: z.literal('stage'),
    at,
    name: schema.stageName,
    state: z.enum(['started', 'done', 'failed']),
    suite: text.exactOptional(),
    variant: text.exactOptional(),
    cluster: text.exactOptional(),
    durationMs: z.number().nonnegative().exactOptional(),
    message: text.exactOptional(),
  }),
  z.object({
    type: z.literal('progress'),
    at,
    text,
    of: text.exactOptional(),
    check: text.exactOptional(),
    requests: z.int().nonnegative().exactOptional(),
  }),
  z.object({
    type: z.literal('check'),
    at,
    check: schema.checkRecord,
    carried: z.literal(true).exactOptional(),
  }),
  z.object({ type: z.literal('note'), at, level: z.enum(['info', 'warning']), text }),
  z.object({ type: z.literal('preflight'), at, findings: z.array(schema.preflightFinding) }),
  z.object({
    type: z.literal('run-ended'),
    at,
    verdict: schema.verdict,
    exitCode: z.int().nonnegative(),
    signal: text.exactOptional(),
    signalledAt: at.exactOptional(),
    leftBehind: z.literal(true).exactOptional(),
  }),
]);

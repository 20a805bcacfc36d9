import type { EventLog } from '../report/event-log.ts';
import { evidenceOf, NO_EVIDENCE } from '../report/evidence.ts';
import { skippedAfter } from '../report/skipped-after.ts';
import type { CheckRecord, Diagnostics, Evidence, GateRecord } from '../report/types.ts';
import type { Declaration } from '../scenario.ts';
import type { Assessment, Rule, Verdict } from '../verdict/types.ts';
import { wayOf, type Diagnoser } from './diagnose.ts';

/** What was found out about one check, before it is written down. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly message: string;
  readonly rule?: Rule;
  readonly assessment?: Assessment;
  readonly errors?: Evidence['errors'];
  readonly figures?: Readonly<Record<string, number | string>>;
  readonly retries?: number;
  readonly snapshot?: unknown;
  readonly gate?: GateRecord;
  readonly answersFile?: string;
  /** Where the calls went: from which pod to which address, and a command that shows it again. */
  readonly where?: string;
  readonly again?: string;
  readonly startedAt: number;
}

/** Writes each check of one scenario down as soon as it is judged, and knows which are still open. */
export class Recorder {
  readonly #identity: {
    readonly suite: string;
    readonly variant: string;
    readonly scenario: string;
    readonly claim: string;
  };
  readonly #declarations: Readonly<Record<string, Declaration>>;
  readonly #log: EventLog;
  readonly #diagnoser: Diagnoser;
  readonly #settled: ReadonlySet<string>;
  readonly #evidence: Map<string, unknown>;
  readonly #undecided: Readonly<Record<string, string>>;
  readonly records: CheckRecord[] = [];
  /**
   * Each looks whether what a play has taken away is away still, before a verdict is written down, and says why it is not;
   * undefined where nothing keeps the verdict from standing.
   */
  readonly doubts: (() => Promise<string | undefined>)[] = [];
  step = '';

  constructor(
    identity: {
      readonly suite: string;
      readonly variant: string;
      readonly scenario: string;
      readonly claim: string;
    },
    declarations: Readonly<Record<string, Declaration>>,
    tools: {
      readonly log: EventLog;
      readonly diagnoser: Diagnoser;
      readonly settled: readonly string[];
      /** Of an earlier run, by check id: it is kept where this one does not get to judge. */
      readonly evidence: Readonly<Record<string, unknown>>;
      /** By check id: why an earlier run could not decide it. */
      readonly undecided: Readonly<Record<string, string>>;
    },
  ) {
    this.#identity = identity;
    this.#declarations = declarations;
    this.#log = tools.log;
    this.#diagnoser = tools.diagnoser;
    this.#settled = new Set(tools.settled);
    this.#evidence = new Map(Object.entries(tools.evidence));
    this.#undecided = tools.undecided;
  }

  /** SUITE/VARIANT/CLAIM/CHECK */
  idOf(check: string): string {
    return `${this.#path}/${check}`;
  }

  get #path(): string {
    const { suite, variant, claim } = this.#identity;
    return `${suite}/${variant}/${claim}`;
  }

  declaration(check: string): Declaration {
    const declared = this.#declarations[check];
    if (declared === undefined) throw new Error(`the scenario declares no check ${check}`);
    return declared;
  }

  /** Checks without a verdict yet. */
  open(): string[] {
    const judged = new Set(this.records.map(({ id }) => id));
    return Object.keys(this.#declarations).filter(
      (check) => !judged.has(this.idOf(check)) && !this.isSettled(check),
    );
  }

  /** Was it decided by the run that this one goes on with? Then it is not judged again: never the best of several. */
  isSettled(check: string): boolean {
    return this.#settled.has(this.idOf(check));
  }

  /** What was seen of a check until something broke: it stays with it, for a run that goes on. */
  keep(check: string, snapshot: unknown): void {
    this.#evidence.set(this.idOf(check), snapshot);
  }

  say(text: string, progress: { readonly check?: string; readonly requests?: number } = {}): void {
    this.#log.append({ type: 'progress', text, of: this.#path, ...progress });
  }

  /** Writes down why these are not judged here. What was undecided before is not undone by that. */
  async skip(message: string, ...checks: readonly string[]): Promise<void> {
    for (const check of checks) {
      const id = this.idOf(check);
      const verdict = this.#evidence.has(id) ? 'inconclusive' : 'skipped';
      const skipped = { verdict, reason: 'skipped', message, startedAt: Date.now() } as const;
      await this.record(check, { ...skipped, ...skippedAfter(this.#undecided[id], message) });
    }
  }

  async record(check: string, judged: Outcome): Promise<CheckRecord['verdict']> {
    if (this.isSettled(check)) return judged.verdict;
    const outcome = await this.#unlessDoubted(judged);
    const { claim, ...identity } = this.#identity;
    const { level, sentence } = this.declaration(check);
    const { assessment } = outcome;
    const wrong = outcome.verdict === 'non-conformant' || outcome.verdict === 'inconclusive';
    const record: CheckRecord = {
      id: this.idOf(check),
      claim,
      ...identity,
      step: this.step,
      sentence,
      level,
      verdict: outcome.verdict,
      reason: outcome.reason,
      message: outcome.message,
      rule: outcome.rule ?? null,
      risk: assessment?.risk ?? null,
      requests: assessment?.requests ?? 0,
      counts: assessment?.counts ?? {},
      shares: assessment?.shares ?? {},
      evidence: restOf(outcome, this.#evidence.get(this.idOf(check))),
      gate: outcome.gate ?? null,
      startedAt: new Date(outcome.startedAt).toISOString(),
      durationMs: Math.max(0, Date.now() - outcome.startedAt),
      answersFile: outcome.answersFile ?? null,
      diagnostics: wrong ? await this.#diagnose(outcome) : null,
    };
    this.records.push(record);
    this.#log.append({ type: 'check', check: record });
    return record.verdict;
  }

  /** What was seen while something was not away is no evidence of how it is without it, for `--continue` neither. */
  async #unlessDoubted(outcome: Outcome): Promise<Outcome> {
    const isDecided = outcome.verdict === 'conformant' || outcome.verdict === 'non-conformant';
    if (!isDecided && outcome.snapshot === undefined) return outcome;
    const whys = await Promise.all(this.doubts.map((doubt) => doubt()));
    const why = whys.find((each) => each !== undefined);
    if (why === undefined) return outcome;
    const { snapshot: _, ...seen } = outcome;
    // Last what ends in a command to paste.
    const message = `${outcome.message}. That does not count: ${why}`;
    return { ...seen, verdict: 'inconclusive', reason: 'not-away', message };
  }

  /** What only describes a check does not keep it from being written down. */
  async #diagnose(outcome: Outcome): Promise<Diagnostics> {
    return this.#diagnoser.collect(outcome).catch(() => ({ files: [], hints: [], ...wayOf(outcome) }));
  }
}

/** What the verdict rests on. What an earlier run saw of an undecided check remains, if nothing was added to it. */
function restOf(outcome: Outcome, earlier: unknown): Evidence | null {
  const { verdict, assessment, errors, figures, retries } = outcome;
  const snapshot = outcome.snapshot ?? (verdict === 'inconclusive' ? earlier : undefined);
  if (assessment === undefined && figures === undefined && snapshot === undefined) return null;
  return {
    ...(assessment === undefined ? NO_EVIDENCE : evidenceOf(assessment, errors)),
    ...(retries === undefined ? {} : { retries }),
    ...(figures === undefined ? {} : { figures }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

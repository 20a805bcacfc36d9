import { CountingTrial } from './counting.ts';
import { DEFAULTS } from './defaults.ts';
import { FailoverTrial } from './failover.ts';
import { withJsonNumbers, withRealNumbers } from './json-numbers.ts';
import { messageOf } from './message.ts';
import { planOf } from './plan.ts';
import { riskOf } from './risk.ts';
import type { Decision, SavedTrial, Trial } from './trial.ts';
import type { Assessment, Observation, Plan, Reason, Risk, Rule } from './types.ts';

/** Everything a sequential test knows, as plain JSON data. */
export interface Snapshot {
  readonly version: number;
  /** The rule and risks it is evidence for, as JSON: it is evidence for no others. */
  readonly claim: string;
  readonly total: number;
  readonly answers: number;
  readonly trial: SavedTrial;
  /** The assessment at the decisive look, infinities as words; null while there is none. */
  readonly decided: unknown;
}

/** What a snapshot of this rule and these risks is marked with. */
const markOf = (rule: Rule, risk: Risk): string => JSON.stringify([rule, risk]);

function trialOf(rule: Rule, risk: Risk, saved?: SavedTrial): Trial {
  if (rule.kind === 'failover')
    return new FailoverTrial(rule, risk, saved?.kind === 'failover' ? saved : undefined);
  return new CountingTrial(rule, risk, saved?.kind === 'counting' ? saved : undefined);
}

/**
 * A rule under test, answer by answer. It looks at the evidence every 25 answers, and the first decisive look decides;
 * only an outright refutation later overturns "conformant". All evidence is valid at any time (Ville's inequality),
 * so one may stop, look and go on whenever one likes. A failover is judged by its time line, anew at each look.
 */
export class SequentialTest {
  readonly rule: Rule;
  readonly risk: Risk;
  readonly #trial: Trial;
  #plan: Plan | undefined;
  #total = 0;
  #answers = 0;
  #decided: Assessment | undefined;

  /** @param risk used where the rule states none of its own */
  constructor(rule: Rule, risk: Partial<Risk> = {}, snapshot?: Snapshot) {
    this.rule = rule;
    this.risk = riskOf(rule, risk);
    this.#trial = trialOf(rule, this.risk, snapshot?.trial);
    if (snapshot === undefined) return;
    this.#total = snapshot.total;
    this.#answers = snapshot.answers;
    this.#decided = (withRealNumbers(snapshot.decided) as Assessment | null) ?? undefined;
  }

  /**
   * A test that goes on where a snapshot was taken.
   * @throws if the snapshot is of another rule or other risks
   */
  static restore(rule: Rule, snapshot: Snapshot, risk: Partial<Risk> = {}): SequentialTest {
    const expected = markOf(rule, riskOf(rule, risk));
    if (snapshot.version === 1 && snapshot.claim === expected)
      return new SequentialTest(rule, risk, snapshot);
    throw new Error(
      `expected evidence for ${expected}, found evidence for ${snapshot.claim}: start a new run`,
    );
  }

  /** How many answers it is going to need. */
  get plan(): Plan {
    this.#plan ??= planOf(this.rule, this.risk);
    return this.#plan;
  }

  /** Has a look been decisive? */
  get decided(): boolean {
    return this.#decided !== undefined;
  }

  /** Answers read, also after the decisive look. */
  get total(): number {
    return this.#total;
  }

  observe(...observations: readonly Observation[]): void {
    for (const observation of observations) if (this.#isLook(observation)) this.#decided = this.#look();
  }

  /**
   * The same for answers during which something happens, so that the first of them do not speak for the last: a
   * refutation at any look stays, all else is decided by the evidence of all answers at the time that one asks.
   */
  observeChange(...observations: readonly Observation[]): void {
    for (const observation of observations) {
      const seen = this.#isLook(observation) ? this.#look() : undefined;
      if (seen?.verdict === 'non-conformant') this.#decided = seen;
    }
  }

  /** Takes an answer; is it time for a look? */
  #isLook(observation: Observation): boolean {
    this.#total++;
    if (!this.#trial.add(observation)) return false;
    this.#answers++;
    return this.#answers % DEFAULTS.round === 0;
  }

  /** The stream was broken: the next answer of each client says nothing about what follows what. */
  interrupt(): void {
    this.#trial.interrupt();
  }

  /** What the answers so far say: the decisive look, or else one taken now. */
  assess(): Assessment {
    return this.#look() ?? this.#assessment({ verdict: 'inconclusive', reason: this.#openReason() });
  }

  snapshot(): Snapshot {
    return {
      version: 1,
      claim: markOf(this.rule, this.risk),
      total: this.#total,
      answers: this.#answers,
      trial: this.#trial.save(),
      decided: withJsonNumbers(this.#decided ?? null),
    };
  }

  /** The decisive assessment, from an earlier look or from this one. */
  #look(): Assessment | undefined {
    const decided = this.#decided;
    if (decided && !(decided.verdict !== 'inconclusive' && this.#trial.reopens(decided.verdict)))
      return decided;
    const decision = this.#answers > 0 ? this.#trial.decide(this.#answers) : undefined;
    return decision && this.#assessment(decision);
  }

  #openReason(): Reason {
    return this.#answers === 0 ? 'no-data' : this.#trial.openReason(this.plan);
  }

  #assessment(outcome: Decision | { verdict: 'inconclusive'; reason: Reason }): Assessment {
    const known = {
      ...outcome,
      requests: this.#answers,
      ...this.#trial.details(),
      risk: this.risk,
      plan: this.plan,
    };
    return { ...known, message: messageOf(this.rule, known) };
  }
}

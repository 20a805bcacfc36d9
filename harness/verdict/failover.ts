import { DEFAULTS } from './defaults.ts';
import { answersToRuleOut } from './evidence/zero.ts';
import { LabelCounts } from './label-counts.ts';
import type { Decision, Details, Trial } from './trial.ts';
import type { FailoverRule, Observation, Reason, Risk } from './types.ts';
import { ERROR_LABEL } from './types.ts';

/** A call on the time line of the event; one whose answer never came is received never. */
interface Call {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly outcome: 'switched' | 'error' | 'other';
}

/** When the switch happened, as far as the calls show. */
interface Switch {
  /** Errors before the clean run. */
  readonly errors: number;
  /** Is the clean run long enough? */
  readonly isOver: boolean;
  /** The time to switch lies in (lower, upper] milliseconds. */
  readonly lower: number;
  readonly upper: number;
}

/** A failover's trial as plain data; `null` as time of an answer means never. */
export interface SavedFailover {
  readonly kind: 'failover';
  readonly calls: readonly (readonly [sentMs: number, receivedMs: number | null, outcome: Call['outcome']])[];
  readonly labels: readonly (readonly [string, number])[];
  readonly place: { readonly sentMs: number; readonly receivedMs: number } | null;
}

/**
 * Answers in a row from the new label alone that end the switch: 135 by default. A switch that leaves just the residual
 * behind for ever gets through them by luck with the declared false pass, at each start; and they may start anew after
 * every other answer within the limit, of which there are 5 % of the calls in it. At 10 calls a second, such a mesh passes
 * in simulation 1.9 times in 1,000 with a limit of 2 s, 8.1 with 15 s (5.3 if what is left behind is lost, which counts),
 * 22.7 with 45 s.
 */
export function cleanRunOf(rule: FailoverRule, risk: Risk): number {
  return answersToRuleOut(rule.residual ?? DEFAULTS.residual, risk.falsePass);
}

/**
 * A switch from one label to another after an event. The time it took is interval-censored: it lies between the last
 * call that the new label did not answer and the first one of the clean run after it. Keeps the calls from the event
 * on, so its memory grows with the length of that phase.
 */
export class FailoverTrial implements Trial {
  readonly #rule: FailoverRule;
  readonly #event: { readonly began: number; readonly ended: number };
  readonly #cleanRun: number;
  /** By time sent. */
  readonly #calls: Call[];
  readonly #labels: LabelCounts;
  /** Times of the last call that had any: the place of one that has none. */
  #place: { sentMs: number; receivedMs: number } | null;
  #switch: Switch | undefined;

  constructor(rule: FailoverRule, risk: Risk, saved?: SavedFailover) {
    const [began, ended] = typeof rule.eventMs === 'number' ? [rule.eventMs, rule.eventMs] : rule.eventMs;
    this.#rule = rule;
    this.#event = { began, ended };
    this.#cleanRun = cleanRunOf(rule, risk);
    this.#labels = new LabelCounts(saved?.labels);
    this.#place = saved?.place ?? null;
    this.#calls = (saved?.calls ?? []).map(([sentMs, receivedMs, outcome]) => ({
      sentMs,
      receivedMs: receivedMs ?? Infinity,
      outcome,
    }));
  }

  /** A call counts if its answer arrived after the event began, so one that was in flight and lost counts too. */
  add(observation: Observation): boolean {
    const call = this.#locate(observation);
    if (call === undefined || call.receivedMs < this.#event.began) return false;
    this.#labels.add(observation.label);
    let index = this.#calls.length;
    while (index > 0 && (this.#calls[index - 1]?.sentMs ?? 0) > call.sentMs) index--;
    this.#calls.splice(index, 0, call);
    this.#switch = undefined;
    return true;
  }

  interrupt(): void {
    this.#place = null;
  }

  decide(): Decision | undefined {
    const { errors, lower, upper, isOver } = this.#seen();
    if (errors > this.#rule.maxErrors) return { verdict: 'non-conformant', reason: 'errors' };
    if (lower > this.#rule.withinMs) return { verdict: 'non-conformant', reason: 'late' };
    return isOver && upper <= this.#rule.withinMs ? { verdict: 'conformant', reason: 'seen' } : undefined;
  }

  /** A verdict is about facts on a time line, which an answer that comes late may still change. */
  reopens(): boolean {
    return true;
  }

  openReason(): Reason {
    if (this.#calls.length === 0) return 'no-data';
    return this.#seen().isOver ? 'sampling-gap' : 'budget';
  }

  details(): Details {
    const { lower, upper, errors } = this.#seen();
    return {
      counts: this.#labels.toRecord(),
      independentUnits: this.#calls.length,
      shares: {},
      logEvidenceFor: null,
      logEvidenceAgainst: null,
      dependence: null,
      homogeneity: null,
      switchMs: { lower, upper },
      errors,
    };
  }

  save(): SavedFailover {
    const finite = (ms: number): number | null => (Number.isFinite(ms) ? ms : null);
    const calls = this.#calls.map((call) => [call.sentMs, finite(call.receivedMs), call.outcome] as const);
    return { kind: 'failover', calls, labels: this.#labels.save(), place: this.#place };
  }

  /** Where a call lies in time. One without times is where the one before it was, if it says that something is wrong. */
  #locate({ label, sentMs, receivedMs }: Observation): Call | undefined {
    const outcome = label === this.#rule.to ? 'switched' : label === ERROR_LABEL ? 'error' : 'other';
    if (sentMs === undefined && receivedMs === undefined) {
      if (outcome === 'switched') return undefined;
      return { ...(this.#place ?? { sentMs: this.#event.began, receivedMs: this.#event.began }), outcome };
    }
    const sent = sentMs ?? receivedMs ?? 0;
    this.#place = { sentMs: sent, receivedMs: Math.max(sent, receivedMs ?? sent) };
    return { sentMs: sent, receivedMs: receivedMs ?? Infinity, outcome };
  }

  #seen(): Switch {
    this.#switch ??= this.#measure();
    return this.#switch;
  }

  #measure(): Switch {
    let [errors, run, index] = [0, 0, 0];
    let lastBad: Call | undefined;
    for (; index < this.#calls.length && run < this.#cleanRun; index++) {
      const call = this.#calls[index];
      if (call?.outcome === 'switched') run++;
      else [run, lastBad, errors] = [0, call, errors + (call?.outcome === 'error' ? 1 : 0)];
    }
    const isOver = run >= this.#cleanRun;
    const first = this.#calls[index - run];
    return {
      errors,
      isOver,
      lower: lastBad === undefined ? 0 : Math.max(0, lastBad.sentMs - this.#event.ended),
      upper: isOver && first !== undefined ? first.receivedMs - this.#event.began : Infinity,
    };
  }
}

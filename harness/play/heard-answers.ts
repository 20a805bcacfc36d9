import { Sequence } from '../traffic/sequence.ts';
import type { Answer } from '../traffic/types.ts';
import { ERROR_LABEL } from '../verdict/types.ts';
import { kindsOf } from './words.ts';

/** Something that was done to a mesh: when the command was sent, and when it was acknowledged. Milliseconds. */
export interface Event {
  readonly what: string;
  readonly sentMs: number;
  readonly acknowledgedMs: number;
}

/** The event as it may have been by another clock, which is right within so many milliseconds. */
export const widened = (event: Event, byMs: number): Event => ({
  ...event,
  sentMs: event.sentMs - byMs,
  acknowledgedMs: event.acknowledgedMs + byMs,
});

/** Longest that a call's line takes to arrive once its time is over. */
const LINE_MS = 2000;
/** Answers so long before an event have been judged, and are let go. */
const KEPT_MS = 60_000;

/** What a paced loop has heard so far. */
export class HeardAnswers {
  /** A call that has not told its outcome so long after it was sent never will, in milliseconds. */
  readonly overdueMs: number;
  #answers: Answer[] = [];
  readonly #told = new Sequence();
  #total = 0;

  /** @param callTimeoutMs longest time of one call */
  constructor(callTimeoutMs: number) {
    this.overdueMs = callTimeoutMs + LINE_MS;
  }

  /** How many answers there were, from the beginning. */
  get total(): number {
    return this.#total;
  }

  take(answer: Answer): void {
    this.#answers.push(answer);
    this.#told.take(answer.sequence);
    this.#total += 1;
  }

  /** Has nothing come in for so long that it is the way to the caller that is silent? A call that is lost is told, too. */
  isSilent(): boolean {
    const last = this.#answers.at(-1);
    return last === undefined || last.receivedMs < Date.now() - this.overdueMs;
  }

  /** Answers of so many milliseconds before an event. */
  before({ sentMs }: Event, forMs: number): readonly Answer[] {
    return this.#answers.filter(({ receivedMs }) => receivedMs < sentMs && receivedMs > sentMs - forMs);
  }

  /** Answers that arrived after an event began, as they arrived. */
  since(event: Event): readonly Answer[] {
    this.#answers = this.#answers.filter((answer) => answer.receivedMs > event.sentMs - KEPT_MS);
    return this.#answers.filter((answer) => answer.receivedMs >= event.sentMs);
  }

  /**
   * Those of them that no call under way was sent before, as they were sent. A call that hangs says so last: who took what
   * has arrived for all that was sent would judge before hearing of a loss.
   */
  complete(event: Event, isOver: boolean): readonly Answer[] {
    const overdue = Date.now() - this.overdueMs;
    return this.since(event)
      .filter(({ sequence, sentMs }) => isOver || sequence < this.#told.next || sentMs < overdue)
      .sort((one, other) => one.sequence - other.sequence);
  }

  /** Measured in any case, whatever the verdict. `change`: who answered before the event, and after it. */
  figures(event: Event, change: readonly string[]): Record<string, number | string> {
    const after = this.since(event);
    const lost = after.filter((answer) => answer.label === ERROR_LABEL);
    const sinceEvent = (answer: Answer | undefined): number | undefined =>
      answer === undefined ? undefined : Math.round(answer.receivedMs - event.sentMs);
    const figures = {
      calls: after.length,
      lostRequests: lost.length,
      firstFailureMs: sinceEvent(lost[0]),
      lastFailureMs: sinceEvent(lost.at(-1)),
      lastOldAnswerMs: sinceEvent(after.findLast(({ label }) => label === change[0])),
      failures: lost.length === 0 ? undefined : kindsOf(lost),
    };
    return Object.fromEntries(
      Object.entries(figures).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
  }
}

import { toObservation } from '../traffic/answers.ts';
import type { RunningLoop } from '../traffic/run-loop.ts';
import type { Answer } from '../traffic/types.ts';
import { ERROR_LABEL, type Assessment, type FailoverRule } from '../verdict/types.ts';
import { bounded, poll, sleep, WaitTimeout } from '../wait/wait.ts';
import { AnswersFile } from './answers-file.ts';
import type { Calls } from './calls.ts';
import { COMPANION } from './companion.ts';
import {
  assessed,
  beginTests,
  mostRequests,
  observeChange,
  snapshotOf,
  type PairedAssessment,
} from './paired-tests.ts';
import { HeardAnswers, widened, type Event } from './heard-answers.ts';
import { budgetPatience, takeoverPatienceMs } from './patience.ts';
import type { Outcome } from './recorder.ts';
import { RetryCounter } from './retry-counter.ts';
import type { Scene } from './scene.ts';
import { samplingGap, samplingPause } from './sampling-gap.ts';
import { starvation, starvationOfLost, unlessDoubted, unlessStarved } from './starved.ts';
import { brokenStream, seconds } from './words.ts';

/** A call may be lost this long after it was sent; its line arrives a little later. */
const CALL_TIMEOUT_MS = 5000;
/** An event is at least so much wider than told: what the pod's clock resolves (10 ms), and a round trip. */
const LEAST_CLOCK_MS = 20;
/** What shall be lost has to have answered so shortly before. */
const BEFORE_MS = 15_000;
const SEEN_MS = 30_000;
/** The proxy's counter of retries is not worth a longer pause between two phases. */
const COUNTER_MS = 3000;

interface Start {
  readonly perSecond: number;
  readonly file: AnswersFile;
  readonly loop: RunningLoop;
  readonly place: { readonly where: string; readonly again: string };
}

/** Paced calls from one caller that go on while things happen to the mesh. */
export class PacedCalls<Check extends string = string> {
  readonly calls: Calls<Check>;
  readonly #scene: Scene;
  readonly #file: AnswersFile;
  readonly #loop: RunningLoop;
  readonly #place: { readonly where: string; readonly again: string };
  readonly #heard = new HeardAnswers(CALL_TIMEOUT_MS);
  readonly #perSecond: number;
  readonly #retries: RetryCounter;
  #over = false;

  private constructor(scene: Scene, calls: Calls<Check>, start: Start) {
    this.#scene = scene;
    this.calls = calls;
    this.#file = start.file;
    this.#place = start.place;
    this.#perSecond = start.perSecond;
    this.#loop = start.loop;
    this.#retries = new RetryCounter(() => calls.retries(), { timeoutMs: COUNTER_MS, signal: scene.signal });
    void this.#loop.done.finally(() => {
      this.#over = true;
    });
  }

  /** Starts the loop; resolves when the first calls have been answered. @throws if they are not; then the loop is stopped */
  static async start<Check extends string>(
    scene: Scene,
    calls: Calls<Check>,
    perSecond = scene.context.rate,
  ): Promise<PacedCalls<Check>> {
    const early: Answer[] = [];
    let onAnswer = (answer: Answer): void => void early.push(answer);
    const place = await calls.where();
    const loop = await calls.pace({
      perSecond,
      timeoutMs: CALL_TIMEOUT_MS,
      onAnswer: (answer) => onAnswer(answer),
    });
    const file = new AnswersFile(scene.context.outDirectory, `${scene.path}/paced-${calls.from}`);
    const paced = new PacedCalls(scene, calls, { perSecond, file, place, loop });
    onAnswer = (answer) => {
      paced.#take(answer);
    };
    early.forEach(onAnswer);
    const what = `the first answers to the loop ${calls.from}`;
    await poll({ what, timeoutMs: 30_000, intervalMs: 200, signal: scene.signal }, () =>
      Promise.resolve(paced.#heard.total >= 10 || paced.#over ? true : undefined),
    ).catch(async (error: unknown) => {
      await paced.#giveUp();
      throw error;
    });
    await paced.#retries.begin();
    return paced;
  }

  /** Waits until each of these versions has answered: what is taken away next has to have been there. Judges nothing. */
  async hears(...versions: readonly string[]): Promise<void> {
    const sentMs = Date.now() - BEFORE_MS;
    await this.sees({ what: 'the beginning', sentMs, acknowledgedMs: sentMs }, versions);
    await this.#retries.begin();
  }

  /** Waits until these versions have answered since an event. Judges nothing. */
  async sees(event: Event, versions: readonly string[]): Promise<void> {
    await this.#until(SEEN_MS, () =>
      versions.every((version) => this.#heard.since(event).some(({ label }) => label === version))
        ? true
        : undefined,
    );
  }

  /** Judges who answers after an event, how soon, and what was lost. */
  async takesOver(event: Event, check: Check): Promise<void> {
    const { subject } = this.#scene.recorder.declaration(check);
    if (subject.kind !== 'takeover') throw new Error(`the check ${check} is not about a takeover`);
    const wide = widened(event, Math.max(LEAST_CLOCK_MS, this.#loop.uncertaintyMs));
    const rule: FailoverRule = { ...subject.rule, eventMs: [wide.sentMs, wide.acknowledgedMs] };
    this.#scene.recorder.say(`${event.what}: who answers now?`, { check: this.#scene.recorder.idOf(check) });
    const { risk } = this.#scene.context;
    const { overdueMs } = this.#heard;
    const patienceMs = takeoverPatienceMs(rule, risk, { perSecond: this.#perSecond, overdueMs });
    const assess = (): Assessment => assessed(rule, this.#heard.complete(wide, this.#over), risk);
    const assessment = await this.#until(patienceMs, () => {
      const seen = assess();
      return seen.verdict === 'inconclusive' ? undefined : seen;
    }).then((decided) => decided ?? assess());
    const answered = this.#heard.before(event, BEFORE_MS).some(({ label }) => label === rule.from);
    const tooManyLost = (answers: readonly Answer[]): boolean => {
      const { verdict, reason } = assessed(rule, answers, risk);
      return verdict === 'non-conformant' && reason === 'errors';
    };
    const heard = this.#heard.since(wide);
    const starved = assessment.reason === 'errors' ? starvationOfLost(heard, tooManyLost) : starvation(heard);
    const why = assessment.verdict === 'non-conformant' ? starved : undefined;
    const isLost = assessment.verdict === 'inconclusive' && this.#over;
    const outcome: Outcome = {
      verdict: assessment.verdict,
      reason: isLost ? 'stream-lost' : assessment.reason,
      message: assessment.message,
      rule,
      assessment,
      figures: this.#heard.figures(event, [rule.from, rule.to]),
      startedAt: event.sentMs,
    };
    const unseen = {
      reason: 'not-seen-before',
      message: `${rule.from} did not answer in the ${seconds(BEFORE_MS)} before "${event.what}": nothing was taken over`,
    };
    const gap = samplingGap(rule, assessment, { answers: heard, perSecond: this.#perSecond });
    const doubted = unlessDoubted(outcome, answered ? undefined : unseen, gap);
    await this.#record(check, unlessStarved(doubted, why));
  }

  /** Judges how soon versions that were away answer again, counted from when what brought them back was acknowledged. */
  async answersAgain(event: Event, check: Check): Promise<void> {
    const { subject } = this.#scene.recorder.declaration(check);
    if (subject.kind !== 'return') throw new Error(`the check ${check} is not about a return`);
    const { labels, withinMs } = subject;
    const first = (label: string): Answer | undefined =>
      this.#heard.since(event).find((answer) => answer.label === label);
    // Until a silence that began within the time can be told from calls that hang.
    await this.#until(withinMs + this.#heard.overdueMs, () =>
      labels.every((label) => first(label)) ? true : undefined,
    );
    const allAnsweredMs = Math.max(...labels.map((label) => first(label)?.receivedMs ?? Infinity));
    const backMs = Math.max(0, allAnsweredMs - event.acknowledgedMs);
    const sinceSentMs = allAnsweredMs - event.sentMs;
    const missing = labels.filter((label) => first(label) === undefined);
    const verdict = missing.length === 0 && backMs <= withinMs ? 'conformant' : 'non-conformant';
    const unknown = missing.length > 0 && (this.#over || this.#heard.isSilent());
    const outcome: Outcome = {
      verdict: unknown ? 'inconclusive' : verdict,
      reason: unknown ? 'stream-lost' : verdict === 'conformant' ? 'seen' : 'late',
      message:
        missing.length > 0
          ? `expected answers from ${labels.join(' and ')} within ${seconds(withinMs)} of "${event.what}"; none from ${missing.join(', ')} in ${String(this.#heard.since(event).length)} calls`
          : `${labels.join(' and ')} answered ${seconds(backMs)} after "${event.what}" (limit ${seconds(withinMs)}), ${seconds(sinceSentMs)} after the command`,
      figures: {
        ...this.#heard.figures(event, []),
        ...(Number.isFinite(backMs)
          ? { timeBackMs: Math.round(backMs), timeBackSinceCommandMs: Math.round(sinceSentMs) }
          : {}),
      },
      startedAt: event.sentMs,
    };
    const why = outcome.verdict === 'non-conformant' ? starvation(this.#heard.since(event)) : undefined;
    await this.#record(check, unlessStarved(outcome, why));
  }

  /**
   * Judges the answers since an event by a rule, while calls go on, until it is decided or its budget is spent. Nothing
   * passes before calls made when the event was over have told: what came first does not speak for what came after.
   */
  async keeps(event: Event, check: Check): Promise<void> {
    const { subject } = this.#scene.recorder.declaration(check);
    if (subject.kind !== 'answers') throw new Error(`the check ${check} is not about answers`);
    const { rule } = subject;
    const tests = beginTests(this.#scene, check, rule);
    const fed = new Set<Answer>();
    const isThrough = (): boolean => [...fed].some(({ sentMs }) => sentMs >= event.acknowledgedMs);
    const look = (): PairedAssessment => {
      const fresh = this.#heard.complete(event, this.#over).filter((answer) => !fed.has(answer));
      fresh.forEach((answer) => fed.add(answer));
      return observeChange(tests, fresh.map(toObservation));
    };
    const most = mostRequests(tests);
    const patience = budgetPatience(most, { perSecond: this.#perSecond, overdueMs: this.#heard.overdueMs });
    const isSpent = (): boolean => fed.size >= most || (patience.isLate() && this.#heard.isSilent());
    const decided = await this.#until(patience.mostMs, () => {
      const seen = look();
      const { verdict } = seen.decisive;
      if (verdict === 'non-conformant') return seen;
      return isThrough() && (verdict === 'conformant' || isSpent()) ? seen : undefined;
    }).catch((error: unknown) => {
      this.#scene.recorder.keep(check, snapshotOf(tests));
      throw error;
    });
    const { answers, errors, decisive } = decided ?? look();
    const isRefutedBy = (rest: readonly Answer[]): boolean =>
      [rule, COMPANION].some(
        (one) => assessed(one, rest, this.#scene.context.risk).verdict === 'non-conformant',
      );
    const hasOwnReason = decisive.verdict === 'conformant' || this.#over;
    const why = hasOwnReason ? undefined : starvationOfLost(this.#heard.since(event), isRefutedBy);
    const outcome: Outcome = {
      verdict: decisive.verdict,
      reason: decisive.verdict === 'inconclusive' && this.#over ? 'stream-lost' : decisive.reason,
      message: decisive.message,
      rule,
      assessment: answers,
      errors: { count: errors.counts[ERROR_LABEL] ?? 0, requests: errors.requests, verdict: errors.verdict },
      figures: this.#heard.figures(event, []),
      snapshot: snapshotOf(tests),
      startedAt: event.sentMs,
    };
    const cutShort = {
      reason: 'stream-lost',
      message: `the calls were not heard to the end of "${event.what}" (${decisive.message})`,
    };
    const around = [...this.#heard.before(event, BEFORE_MS), ...fed];
    const how = { sinceMs: event.sentMs, perSecond: this.#perSecond, message: decisive.message };
    const doubted = unlessDoubted(outcome, isThrough() ? undefined : cutShort, samplingPause(around, how));
    await this.#record(check, unlessStarved(doubted, why));
  }

  /** What callers saw for some time after an event, in words: for what is reported and not judged. */
  async tell(event: Event, { forMs }: { readonly forMs: number }): Promise<string> {
    await sleep(forMs, this.#scene.signal);
    const { calls, lostRequests, failures = 'none' } = this.#heard.figures(event, []);
    return `${String(lostRequests)} of ${String(calls)} calls lost in ${seconds(forMs)} (${String(failures)})`;
  }

  /** Ends the loop; calls under way are waited for. */
  async stop(): Promise<void> {
    const end = await this.#loop.stop();
    this.#file.close();
    if (!end.complete) {
      this.#scene.recorder.say(brokenStream(this.calls.from, end.transport));
    }
  }

  /** Stops a loop that never got going. Its way may hang: it is not waited for any longer than calls under way take. */
  async #giveUp(): Promise<void> {
    const timeoutMs = this.#heard.overdueMs;
    const onTimeout = (): Error => new Error('the loop did not end');
    await bounded({ timeoutMs, onTimeout }, () => this.stop()).catch(() => undefined);
    this.#file.close();
  }

  #take(answer: Answer): void {
    this.#file.write(answer);
    this.#heard.take(answer);
  }

  /** Looks until there is something, time is over, or no more answers can come. */
  async #until<T>(timeoutMs: number, look: () => T | undefined): Promise<T | undefined> {
    try {
      const end = await poll(
        { what: 'a verdict', timeoutMs, intervalMs: 250, signal: this.#scene.signal },
        () => {
          const isOver = this.#over;
          const found = look();
          return Promise.resolve(found !== undefined || isOver ? { found } : undefined);
        },
      );
      return end.found;
    } catch (error) {
      if (error instanceof WaitTimeout) return undefined;
      throw error;
    }
  }

  async #record(check: Check, outcome: Outcome): Promise<void> {
    const found = { ...outcome, ...this.#place, ...(await this.#retries.next()) };
    await this.#scene.recorder.record(check, { ...found, answersFile: this.#file.path });
  }
}

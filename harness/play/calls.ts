import type { RunningLoop } from '../traffic/run-loop.ts';
import type { Answer, LoopEnd } from '../traffic/types.ts';
import { toObservation } from '../traffic/answers.ts';
import type { GateRecord } from '../report/types.ts';
import type { Assessment, Rule } from '../verdict/types.ts';
import { AnswersFile } from './answers-file.ts';
import {
  beginTests,
  interrupt,
  isDecided,
  mostRequests,
  snapshotOf,
  type PairedTests,
} from './paired-tests.ts';
import { knownFailure, type KnownFailure } from './known-failure.ts';
import type { Outcome } from './recorder.ts';
import { RetryCounter } from './retry-counter.ts';
import type { Scene } from './scene.ts';
import type { Source } from './source.ts';
import { caption, joined, worst } from './words.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';

/** A stream that broke is taken up once more, with the evidence so far; then our own infrastructure is to blame. */
const STREAMS = 2;
/** The proxy's counter of retries is read by an exec, on a busy node a slow one. */
const COUNTER_MS = 60_000;
const SETTLE_MS = 30_000;
/** All of two versions are among 20 calls but twice in a million. */
const SETTLED_CALLS = 20;

/** One test among those that a measurement serves. */
interface Running extends PairedTests {
  readonly check: string;
  readonly rule: Rule;
}

/** Calls from one place to one URL. */
export class Calls<Check extends string = string> {
  readonly #scene: Scene;
  readonly #source: Source;
  readonly #gated: boolean;

  constructor(scene: Scene, source: Source, gated = true) {
    this.#scene = scene;
    this.#source = source;
    this.#gated = gated;
  }

  /** Names the place that calls come from. */
  get from(): string {
    return this.#source.name;
  }

  /** Where calls come from and go to, for a report. */
  async where(): Promise<{ where: string; again: string }> {
    return this.#source.where();
  }

  /** Waits until the proxies on the way know what they have to; see `passGate`. */
  async gate(): Promise<GateRecord | undefined> {
    return this.#source.gate();
  }

  /** Calls that the first proxy has tried again so far; undefined where it cannot be asked. */
  async retries(): Promise<number | undefined> {
    return this.#source.retries();
  }

  /** A loop that goes on while things happen. Judges nothing. */
  async pace(how: {
    readonly perSecond: number;
    readonly timeoutMs: number;
    readonly onAnswer: (answer: Answer) => void;
  }): Promise<RunningLoop> {
    return this.#source.pace({ ...how, signal: this.#scene.signal });
  }

  /**
   * Waits until some calls in a row are all answered by these versions, and each of them answers: a change of
   * configuration has arrived. Judges nothing; at its deadline the measurement is taken all the same.
   */
  async settles(...versions: readonly string[]): Promise<void> {
    const scene = this.#scene;
    const what = `answers from ${versions.join(' and ')} alone`;
    await poll(
      { what, timeoutMs: SETTLE_MS, intervalMs: 500, attemptTimeoutMs: SETTLE_MS, signal: scene.signal },
      async (saw) => {
        const labels = (await this.sample(SETTLED_CALLS)).map(({ label }) => label);
        saw(labels.join(' '));
        const settled =
          versions.every((version) => labels.includes(version)) &&
          labels.every((label) => versions.includes(label));
        return settled ? true : undefined;
      },
    ).catch((error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      scene.recorder.say(error.message);
    });
  }

  /** A few calls, one after the other. Judges nothing. */
  async sample(requests: number): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const onAnswer = (answer: Answer): unknown => answers.push(answer);
    await this.#source.loop({ requests, onAnswer, signal: this.#scene.signal });
    return answers;
  }

  /**
   * What a documented form comes to that this mesh has no means for: how its calls failed, in words, if every one of 20
   * fails in this one way within 15 s. Anything else is undefined, and has to be measured: it may work, or be broken.
   */
  async failsAs(known: KnownFailure): Promise<string | undefined> {
    return knownFailure(this, known, { signal: this.#scene.signal });
  }

  /** The same calls without a gate before: for when clusters that it would ask are out of reach. */
  withoutGate(): Calls<Check> {
    return new Calls<Check>(this.#scene, this.#source, false);
  }

  /**
   * Takes one sample, round by round, until each check is decided or its budget is spent. It is not repeated: not for a
   * better answer, and not for a later one.
   */
  async measure(...checks: readonly Check[]): Promise<void> {
    const scene = this.#scene;
    const startedAt = Date.now();
    const gate = this.#gated ? await this.gate() : undefined;
    const running = checks
      .filter((check) => !scene.recorder.isSettled(check))
      .map((check) => this.#begin(check));
    if (running.length === 0) return;
    // After the sample nothing may fail any more that only describes it: a caller that is gone then is no excuse.
    const place = await this.where();
    const counter = new RetryCounter(() => this.retries(), { timeoutMs: COUNTER_MS, signal: scene.signal });
    await counter.begin();
    const file = new AnswersFile(
      scene.context.outDirectory,
      `${scene.path}/${running.map(({ check }) => check.replaceAll('/', '-')).join('+')}`,
    );
    const end = await this.#sample(running, file)
      .catch((error: unknown) => {
        for (const { check, ...tests } of running) scene.recorder.keep(check, snapshotOf(tests));
        throw error;
      })
      .finally(() => {
        file.close();
      });
    const retries = await counter.next();
    for (const { check, rule, ...tests } of running) {
      const [answers, errors] = [tests.test.assess(), tests.errors.assess()];
      const outcome = judge({ rule, answers, errors, end, gate });
      const snapshot = snapshotOf(tests);
      const found = gate === undefined ? outcome : { ...outcome, gate };
      await scene.recorder.record(check, {
        ...found,
        ...place,
        ...retries,
        snapshot,
        answersFile: file.path,
        startedAt,
      });
    }
  }

  #begin(check: string): Running {
    const scene = this.#scene;
    const { subject, sentence } = scene.recorder.declaration(check);
    if (subject.kind !== 'answers') throw new Error(`the check ${check} is not about the answers of a loop`);
    scene.recorder.say(sentence, { check: scene.recorder.idOf(check) });
    const { rule } = subject;
    return { check, rule, ...beginTests(scene, check, rule) };
  }

  async #sample(running: readonly Running[], file: AnswersFile): Promise<LoopEnd | undefined> {
    let left = Math.max(...running.map(mostRequests));
    let end: LoopEnd | undefined;
    for (let stream = 0; stream < STREAMS && left > 0 && !running.every(isDecided); stream += 1) {
      if (stream > 0) running.forEach(interrupt);
      const next = this.#loop(left, running, file);
      // What the first stream brought stays, whatever keeps the second from beginning.
      const here: LoopEnd | undefined = await (stream === 0 ? next : next.catch(() => undefined));
      if (here === undefined) break;
      end = here;
      left -= end.received + end.missing;
      if (end.complete) break;
    }
    return end;
  }

  async #loop(requests: number, running: readonly Running[], file: AnswersFile): Promise<LoopEnd> {
    const scene = this.#scene;
    let seen = 0;
    const onAnswer = (answer: Answer, stop: () => void): void => {
      file.write(answer);
      const observation = toObservation(answer);
      for (const { test, errors } of running) {
        test.observe(observation);
        errors.observe(observation);
      }
      seen += 1;
      if (seen % 25 === 0 && running.every(isDecided)) stop();
      if (seen % 200 === 0)
        scene.recorder.say(caption(running.map(({ check }) => check)), { requests: seen });
    };
    return this.#source.loop({ requests, onAnswer, signal: scene.signal });
  }
}

/** The verdict on answers and their errors together: both have to be conformant. */
export function judge(seen: {
  readonly rule: Rule;
  readonly answers: Assessment;
  readonly errors: Assessment;
  readonly end: LoopEnd | undefined;
  readonly gate: GateRecord | undefined;
}): Omit<Outcome, 'startedAt'> {
  const { rule, answers, errors, end, gate } = seen;
  const verdict = worst(answers.verdict, errors.verdict);
  const broken =
    end !== undefined && !end.complete && verdict !== 'non-conformant' && verdict !== 'conformant';
  const decisive = verdict === answers.verdict ? answers : errors;
  const unready =
    gate !== undefined && !gate.reached && verdict !== 'conformant' ? `before that: ${gate.sawLast}` : '';
  return {
    verdict,
    reason: broken ? 'stream-lost' : decisive.reason,
    message: joined(
      answers.message,
      errors.verdict === 'conformant' ? '' : errors.message,
      broken ? `the stream of answers broke: ${end.transport ?? 'no trailer'}` : '',
      unready,
    ),
    rule,
    assessment: answers,
    errors: { count: errors.counts['error'] ?? 0, requests: errors.requests, verdict: errors.verdict },
  };
}

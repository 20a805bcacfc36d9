/** Lines of a loop become answers, one for each call that was made, whatever the lines hold. It never throws. */
import type { Observation } from '../verdict/types.ts';
import { ERROR_LABEL } from '../verdict/types.ts';
import type { ClockSync } from './clock.ts';
import { curlFailure, labeller, type Labelled, type Outcome } from './label.ts';
import { readLine, type CurlRecord, type LoopLine } from './lines.ts';
import { LOOP_DEFAULTS, mostInFlight } from './loop.ts';
import { Sequence } from './sequence.ts';
import type { Answer, Loop, LoopEnd } from './types.ts';

/** What a reader needs to know of its loop. */
export interface ReaderOptions {
  readonly loop: Loop;
  /** Begins the loop's own lines, as given to `loopCommand`. */
  readonly mark: string;
  readonly client: string;
  readonly clock: ClockSync;
  readonly onAnswer: (answer: Answer) => void;
}

/** An answer as the statistics take it. */
export function toObservation(answer: Answer): Observation {
  const { label, sentMs, receivedMs, connection, client } = answer;
  return { label, sentMs, receivedMs, client, ...(connection === undefined ? {} : { connection }) };
}

/** Most of a body that is kept to be searched, in characters. */
const MOST_BODY = 65_536;

/** A shell's code for a process that died of a signal is at least this; curl's own are lower. */
const SIGNALLED = 128;

/** Calls of one curl process. Sequential loops only. */
interface Batch {
  readonly sequence: number;
  readonly count: number;
  readonly podMs: number;
  /** Calls of it that have their outcome. */
  done: number;
  /** Time that those took, in milliseconds. */
  elapsedMs: number;
}

/** When a call of a paced loop was sent. */
type Anchor = Pick<Times, 'sequence' | 'sentPodMs'>;

/** When a call was sent and answered, in milliseconds of the pod's clock. */
interface Times {
  readonly sequence: number;
  readonly sentPodMs: number;
  readonly receivedPodMs: number;
}

type Line<Type extends LoopLine['type']> = LoopLine & { readonly type: Type };

/** Reads the lines of one loop. Memory does not grow with their number. */
export class AnswerReader {
  readonly #options: ReaderOptions;
  readonly #label: (outcome: Outcome) => Labelled;
  readonly #requests: number;
  readonly #sequence = new Sequence();
  readonly #counts = { received: 0, missing: 0, abandoned: 0, noise: 0 };
  #batch: Batch | null = null;
  #body = '';
  /** The answers by which calls that told nothing are dated, by sequence. */
  readonly #anchors: Anchor[] = [];
  /** The connection that the last call used, and the call that made it. */
  #connection = { port: 0, sequence: 0 };
  #slackMs = 0;
  #complete = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#label = labeller(options.loop);
    this.#requests = options.loop.requests ?? LOOP_DEFAULTS.pacedRequests;
  }

  /** Takes one line. Gives back what it said if it is one of the loop's own. */
  feed(line: string): LoopLine | null {
    const { mark } = this.#options;
    const own = line.startsWith(`${mark} `) ? readLine(line.slice(mark.length + 1)) : null;
    if (own) this.#takeOwn(own);
    else this.#takeForeign(line);
    return own;
  }

  /** The calls so far; `complete` once the trailer was read. */
  counts(): Pick<LoopEnd, 'sent' | 'received' | 'missing' | 'abandoned' | 'noise' | 'complete'> {
    const { received, missing, noise } = this.#counts;
    const underWay = this.#complete ? 0 : this.#sequence.holes + (this.#batch ? 1 : 0);
    const abandoned = this.#counts.abandoned + underWay;
    return {
      sent: received + missing + abandoned,
      received,
      missing,
      abandoned,
      noise,
      complete: this.#complete,
    };
  }

  /** How much later than told a call of a sequential loop may really have been, in milliseconds. */
  get slackMs(): number {
    return this.#slackMs;
  }

  #takeOwn(line: LoopLine): void {
    if (line.type === 'begin') this.#begin(line);
    else if (line.type === 'record') this.#record(line);
    else if (line.type === 'end') this.#end(line);
    else if (line.type === 'answer') this.#paced(line);
    else if (line.type === 'trailer') this.#trailer(line.sent);
  }

  /** In a sequential loop a body comes as it is, before its record; anywhere else nothing but our lines is expected. */
  #takeForeign(line: string): void {
    if (this.#batch === null) this.#counts.noise += line === '' ? 0 : 1;
    else if (this.#body.length < MOST_BODY) this.#body += `${line.slice(0, MOST_BODY)}\n`;
  }

  #begin(line: Line<'begin'>): void {
    if (this.#options.loop.mode === 'paced' || line.sequence + line.count > this.#requests) {
      this.#noise();
      return;
    }
    this.#lose(line.sequence, line.podMs);
    this.#body = '';
    this.#batch = { ...line, done: 0, elapsedMs: 0 };
  }

  #record(line: Line<'record'>): void {
    const batch = this.#batch;
    const body = this.#body;
    this.#body = '';
    if (!batch || line.index < batch.done || line.index >= batch.count) {
      this.#noise();
      return;
    }
    const sequence = batch.sequence + line.index;
    const sentPodMs = batch.podMs + batch.elapsedMs;
    this.#lose(sequence, sentPodMs);
    batch.elapsedMs += line.record.durationMs;
    batch.done = line.index + 1;
    this.#answer({ sequence, sentPodMs, receivedPodMs: sentPodMs + line.record.durationMs }, line.record, {
      body,
      cut: body.length >= MOST_BODY,
    });
  }

  #end(line: Line<'end'>): void {
    const batch = this.#batch;
    if (batch?.sequence !== line.sequence) {
      this.#noise();
      return;
    }
    this.#batch = null;
    const rest = batch.count - batch.done;
    if (rest === 0) this.#slackMs = Math.max(this.#slackMs, line.podMs - batch.podMs - batch.elapsedMs);
    const end = batch.sequence + batch.count;
    if (rest > 0 && line.stopped) {
      this.#counts.abandoned += 1;
      this.#sequence.skipTo(end);
    } else if (line.exitCode >= SIGNALLED) {
      // Whoever killed curl was no part of the mesh: only the call under way was made, and is told of.
      this.#lose(end - rest + Math.min(rest, 1), line.podMs, line.exitCode);
      this.#sequence.skipTo(end);
    }
    this.#lose(end, line.podMs, line.exitCode);
  }

  #paced(line: Line<'answer'>): void {
    const { loop } = this.#options;
    if (loop.mode !== 'paced' || line.sequence >= this.#requests) {
      this.#noise();
      return;
    }
    this.#answer(line, line.record, line);
    // No call takes longer than its time limit: what is so far behind will not come any more.
    this.#lose(line.sequence - 2 * mostInFlight(loop), null);
  }

  #trailer(sent: number): void {
    if (this.#complete || sent > this.#requests) {
      this.#noise();
      return;
    }
    this.#batch = null;
    this.#lose(sent, null);
    this.#complete = true;
  }

  #answer(times: Times, record: CurlRecord, seen: Pick<Outcome, 'body' | 'cut'>): void {
    if (!this.#sequence.take(times.sequence)) {
      this.#noise();
      return;
    }
    this.#counts.received += 1;
    this.#anchor(times);
    const failure = curlFailure(record.exitCode);
    const outcome = {
      status: record.status,
      body: seen.body,
      cut: seen.cut === true,
      message: record.message,
      ...(failure ? { failure } : {}),
    };
    const connection = this.#connectionOf(times.sequence, record);
    this.#options.onAnswer({
      sequence: times.sequence,
      ...this.#label(outcome),
      exitCode: record.exitCode,
      ...(record.attemptCount === undefined ? {} : { attemptCount: record.attemptCount }),
      ...(connection === undefined ? {} : { connection }),
      connects: record.connects,
      ...this.#onOurClock(times),
      durationMs: record.durationMs,
      client: this.#options.client,
    });
  }

  /** Reports all calls before `limit` that have no outcome as missing. Without a time, by the plan of a paced loop. */
  #lose(limit: number, atPodMs: number | null, exitCode = 0): void {
    for (const sequence of this.#sequence.giveUp(limit)) {
      this.#counts.missing += 1;
      const sentPodMs = atPodMs ?? this.#plannedPodMs(sequence);
      this.#options.onAnswer({
        sequence,
        label: ERROR_LABEL,
        failure: 'missing',
        status: 0,
        exitCode,
        connects: 0,
        ...this.#onOurClock({ sequence, sentPodMs, receivedPodMs: sentPodMs }),
        durationMs: 0,
        client: this.#options.client,
      });
    }
  }

  #plannedPodMs(sequence: number): number {
    const { loop } = this.#options;
    const perSecond = (loop.mode === 'paced' ? loop.perSecond : undefined) ?? LOOP_DEFAULTS.perSecond;
    const near = this.#anchors.findLast((one) => one.sequence < sequence) ?? this.#anchors[0];
    if (near === undefined) return 0;
    return near.sentPodMs + ((sequence - near.sequence) * 1000) / perSecond;
  }

  /** Notes when a call was sent. Only those are kept that a call without an outcome may have come after. */
  #anchor({ sequence, sentPodMs }: Anchor): void {
    let at = this.#anchors.length;
    while (at > 0 && (this.#anchors[at - 1]?.sequence ?? 0) > sequence) at -= 1;
    this.#anchors.splice(at, 0, { sequence, sentPodMs });
    while ((this.#anchors[1]?.sequence ?? Infinity) < this.#sequence.next) this.#anchors.shift();
  }

  #onOurClock(times: Times): Pick<Answer, 'sentMs' | 'receivedMs'> {
    const { offsetMs } = this.#options.clock;
    return { sentMs: times.sentPodMs + offsetMs, receivedMs: times.receivedPodMs + offsetMs };
  }

  /** Local ports are used again: a connection is a port and the call that opened it. */
  #connectionOf(sequence: number, record: CurlRecord): string | undefined {
    if (record.localPort === 0) return undefined;
    if (record.connects > 0 || record.localPort !== this.#connection.port)
      this.#connection = { port: record.localPort, sequence };
    return `${this.#options.client}:${String(record.localPort)}#${String(this.#connection.sequence)}`;
  }

  #noise(): void {
    this.#counts.noise += 1;
  }
}

/** Runs a loop in a pod: compares the clocks, hands out each answer as it comes, stops when told. */
import { randomBytes } from 'node:crypto';
import { AnswerReader } from './answers.ts';
import { ClockSync } from './clock.ts';
import type { LoopLine } from './lines.ts';
import { LOOP_DEFAULTS, loopCommand } from './loop.ts';
import type { Answer, ClientPod, Exec, Loop, LoopEnd, PacedLoop } from './types.ts';

/** What `runLoop` runs, and where. */
export interface LoopRequest<Kind extends Loop = Loop> {
  readonly exec: Exec;
  readonly pod: ClientPod;
  readonly loop: Kind;
  /** Called for each answer, in order of arrival. `stop` ends the loop early: calls under way still report. */
  readonly onAnswer: (answer: Answer, stop: () => void) => void;
  /** Ends the loop at once; what was received stays received. */
  readonly signal?: AbortSignal;
  /** The loop is stopped after so long, in milliseconds. @default what its requests may take, at most 30 minutes */
  readonly maxDurationMs?: number;
}

/** A loop under way. */
export interface RunningLoop {
  /** No call begins any more; resolves when those under way have reported. Safe to call again. */
  stop(): Promise<LoopEnd>;
  /** How wrong the times of its answers may be either way, as far as is known by now, in milliseconds. */
  readonly uncertaintyMs: number;
  /** Resolves when the loop has ended, however it did. Never rejects, but for an error thrown by `onAnswer`. */
  readonly done: Promise<LoopEnd>;
}

/** Exchanges before and after a loop: the tightest of a few is hardly ever late. */
const EXCHANGES = 8;
const HALF_HOUR_MS = 1_800_000;
/** Beyond the loop's own time: for exec, the exchanges, and the last calls. */
const EXTRA_MS = 30_000;
const ASK_AGAIN_MS = 3000;
/** Longest that a curl takes to start on a busy node. */
const START_MS = 500;

/** Runs a loop to its end. Rejects only with a TypeError that names the mistakes of `loop`. */
export async function runLoop(request: LoopRequest): Promise<LoopEnd> {
  return startLoop(request).done;
}

/** Starts an open loop, for what is measured while something happens. Throws a TypeError for a bad `loop`. */
export function startPaced(request: LoopRequest<PacedLoop>): RunningLoop {
  return startLoop(request);
}

/** Starts a loop of any mode. Throws a TypeError that names the mistakes of `loop`. */
export function startLoop(request: LoopRequest): RunningLoop {
  const mark = `@${randomBytes(6).toString('hex')}`;
  const command = loopCommand(request.loop, mark);
  const session = new Session(request, mark);
  const done = session.run(command);
  return {
    done,
    get uncertaintyMs() {
      return session.uncertaintyMs;
    },
    stop: async () => {
      session.stop();
      return done;
    },
  };
}

interface Input {
  write(text: string): void;
  end(): void;
}

type Phase = 'starting' | 'before' | 'running' | 'after' | 'over';

/** One exec of the loop: the conversation over its standard input and output. */
class Session {
  readonly #request: LoopRequest;
  readonly #clock = new ClockSync();
  readonly #reader: AnswerReader;
  readonly #startedMs = Date.now();
  #phase: Phase = 'starting';
  #input: Input | null = null;
  #asked = { number: 0, atMs: 0 };
  #stopped = false;
  #timers: NodeJS.Timeout[] = [];
  #unfit: string | null = null;
  /** What `onAnswer` threw: the caller's mistake, not the stream's. */
  #thrown: { readonly error: unknown } | null = null;

  constructor(request: LoopRequest, mark: string) {
    this.#request = request;
    const { loop, pod } = request;
    const onAnswer = (answer: Answer): void => {
      this.#hand(answer);
    };
    this.#reader = new AnswerReader({
      loop,
      mark,
      client: pod.client ?? pod.pod,
      clock: this.#clock,
      onAnswer,
    });
  }

  async run(command: readonly string[]): Promise<LoopEnd> {
    const { exec, pod, loop, signal } = this.#request;
    const longestMs = Math.min(this.#request.maxDurationMs ?? plannedMs(loop), 2 ** 31 - 1 - EXTRA_MS);
    this.#timers.push(setTimeout(() => this.stop(), longestMs));
    let failed: string | null = null;
    try {
      const result = await exec({
        namespace: pod.namespace,
        pod: pod.pod,
        ...(pod.container === undefined ? {} : { container: pod.container }),
        command,
        timeoutMs: longestMs + EXTRA_MS + (loop.timeoutMs ?? LOOP_DEFAULTS.timeoutMs),
        ...(signal ? { signal } : {}),
        onOpen: (input) => {
          this.#input = input;
        },
        onLine: (line, atMs) => {
          this.#take(line, atMs);
        },
      });
      if (result.exitCode !== 0)
        failed = `the loop ended with exit code ${String(result.exitCode)}${lastWords(result.stderr)}`;
    } catch (error) {
      failed = describe(error);
    } finally {
      this.#stopped = true;
      this.#timers.forEach(clearInterval);
    }
    if (this.#thrown) throw this.#thrown.error;
    return this.#end(failed);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const tell = (): void => {
      if (this.#phase === 'running') this.#write('stop\n');
    };
    tell();
    // Once more, for a shell whose signal came between two commands.
    this.#timers.push(setInterval(tell, ASK_AGAIN_MS));
  }

  get uncertaintyMs(): number {
    return this.#clock.mapping().uncertaintyMs + this.#reader.slackMs;
  }

  #end(failed: string | null): LoopEnd {
    const counts = this.#reader.counts();
    const clock = { offsetMs: this.#clock.offsetMs, uncertaintyMs: this.uncertaintyMs };
    const times = { startedMs: this.#startedMs, endedMs: Date.now() };
    if (counts.complete) return { ...counts, clock, ...times };
    const transport = this.#unfit ?? failed ?? 'the output ended without its trailer';
    return { ...counts, clock, ...times, transport };
  }

  #take(line: string, atMs: number): void {
    const said = this.#reader.feed(line);
    if (said?.type === 'hello') this.#greet(said);
    else if (said?.type === 'pong') this.#compare(said, atMs);
    else if (said?.type === 'trailer') {
      this.#phase = 'after';
      this.#ask();
    }
  }

  #greet(said: LoopLine & { readonly type: 'hello' }): void {
    if (this.#phase !== 'starting') return;
    this.#unfit = unfitCurl(said.curl, this.#request.pod);
    this.#clock.source(said.clock);
    this.#phase = 'before';
    if (this.#unfit === null) {
      this.#ask();
      return;
    }
    this.#input?.end();
  }

  #ask(): void {
    this.#asked = { number: this.#asked.number + 1, atMs: Date.now() };
    this.#write(`ping ${String(this.#asked.number)}\n`);
  }

  #compare(said: LoopLine & { readonly type: 'pong' }, atMs: number): void {
    if (said.number !== this.#asked.number || (this.#phase !== 'before' && this.#phase !== 'after')) return;
    const late = this.#phase === 'after';
    this.#clock.add({ askedMs: this.#asked.atMs, answeredMs: atMs, podMs: said.podMs }, late);
    if (this.#asked.number % EXCHANGES !== 0) {
      this.#ask();
      return;
    }
    this.#phase = late ? 'over' : 'running';
    // Before the first call, a stop means that none shall be made; the loop reads it as soon as it listens.
    this.#write(!late && this.#stopped ? 'go\nstop\n' : 'go\n');
    if (late) this.#input?.end();
  }

  #hand(answer: Answer): void {
    if (this.#thrown) return;
    try {
      this.#request.onAnswer(answer, () => this.stop());
    } catch (error) {
      this.#thrown = { error };
      this.stop();
    }
  }

  #write(text: string): void {
    this.#input?.write(text);
  }
}

/** How long a loop may take if each call takes its longest. */
function plannedMs(loop: Loop): number {
  const timeoutMs = loop.timeoutMs ?? LOOP_DEFAULTS.timeoutMs;
  if (loop.mode !== 'paced') return Math.min(loop.requests * (timeoutMs + START_MS) + EXTRA_MS, HALF_HOUR_MS);
  const requests = loop.requests ?? LOOP_DEFAULTS.pacedRequests;
  return (requests * 1000) / (loop.perSecond ?? LOOP_DEFAULTS.perSecond) + timeoutMs + EXTRA_MS;
}

/** What is wrong with the pod's curl; null if it will do. 7.84 is the first that can print a response header. */
function unfitCurl(version: string, pod: ClientPod): string | null {
  const [, major, minor] = /^curl (\d+)\.(\d+)/.exec(version) ?? [];
  if (major !== undefined && (Number(major) > 7 || (Number(major) === 7 && Number(minor) >= 84))) return null;
  const seen = major === undefined ? 'found none' : `found ${major}.${minor ?? '?'}`;
  return `pod ${pod.namespace}/${pod.pod} needs curl 7.84 or later; ${seen}`;
}

/** Errors of exec carry a stable `kind`; their message is made for people. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'the exec stream failed';
  const kind = 'kind' in error && typeof error.kind === 'string' ? `${error.kind}: ` : '';
  return kind + error.message;
}

function lastWords(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}

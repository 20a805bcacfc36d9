/** Runs programs of this machine (kind, istioctl, docker, a vendor's installer): bounded, logged, and stoppable whole. */
import { createWriteStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { type ResultPromise, execa } from 'execa';
import { abortReason, duration } from '../wait/wait.ts';
import { CommandError, type CommandErrorKind } from './command-error.ts';
import { shellQuote } from './quote.ts';
import { type Tail, tail } from './tail.ts';
import { which } from './which.ts';

/** How to run a program. Times are milliseconds. */
export interface CommandOptions {
  /** Until the whole process group is killed. @default 120_000 */
  readonly timeoutMs?: number;
  /** Between SIGTERM and SIGKILL. @default 5_000 */
  readonly graceMs?: number;
  readonly cwd?: string | undefined;
  /** Added to our environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Sent to standard input, which then ends; without it standard input is empty. */
  readonly stdin?: string;
  /** File that the command line and all output is appended to as it comes. */
  readonly logFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Give the result for any exit code instead of throwing. @default false */
  readonly allowFailure?: boolean;
  /** Keep standard output whole (up to 64 MiB, else CommandError) instead of its last 64 KiB. @default false */
  readonly wholeOutput?: boolean;
}

/** A program that ended by itself. */
export interface CommandResult {
  readonly exitCode: number;
  /** The last 64 KiB, or with `wholeOutput` all of it. */
  readonly stdout: string;
  /** The last 64 KiB. */
  readonly stderr: string;
  readonly durationMs: number;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_GRACE_MS = 5_000;
const TAIL_BYTES = 64 * 1024;
const WHOLE_BYTES = 64 * 1024 * 1024;
/** A daemon that the program left behind may hold its pipes open; we read on for this long, in milliseconds. */
const PIPE_GRACE_MS = 1_000;

/**
 * Runs a program in a process group of its own, so that a terminal's Ctrl-C does not reach it and a stop reaches all of
 * its children. Throws CommandError; when `signal` aborts too, after the group is gone.
 */
export async function run(
  program: string,
  args: readonly string[] = [],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const command = shellQuote([program, ...args]);
  const fail = (kind: CommandErrorKind, reason: string): CommandError =>
    new CommandError(kind, { command, reason });
  if (options.signal?.aborted) throw fail('aborted', abortReason(options.signal).message);
  if ((await which(program, searchPath(options))) === undefined) {
    throw fail('missing', `${program} is not ${program.includes('/') ? 'an executable file' : 'on PATH'}`);
  }
  const began = performance.now();
  const child = spawn(program, args, options);
  const output = collect(child, command, options);
  const stop = stopper(child, options);
  const ended = await settled(child).finally(() => {
    stop.release();
  });
  await output.close();
  const { stdout, stderr } = output;
  const durationMs = performance.now() - began;
  const kept = { command, stdout: stdout.text(), stderr: stderr.text() };
  if (stop.cause() !== undefined)
    throw new CommandError(stop.cause() ?? 'aborted', { ...kept, reason: stop.reason() });
  if (ended.exitCode === undefined)
    throw new CommandError('signal', { ...kept, reason: whyNoExitCode(ended) });
  if (options.wholeOutput && stdout.total() > WHOLE_BYTES) {
    throw new CommandError('output', { ...kept, reason: `more than ${String(WHOLE_BYTES)} bytes of output` });
  }
  const { exitCode } = ended;
  if (exitCode !== 0 && !options.allowFailure) {
    throw new CommandError('exit', { ...kept, reason: `exit code ${String(exitCode)}`, exitCode });
  }
  return { exitCode, stdout: kept.stdout, stderr: kept.stderr, durationMs };
}

type Child = ResultPromise<{ buffer: false; reject: false; detached: true }>;

function spawn(program: string, args: readonly string[], options: CommandOptions): Child {
  const { cwd, env, stdin } = options;
  return execa(program, args, {
    detached: true,
    buffer: false,
    reject: false,
    stdout: 'pipe',
    stderr: 'pipe',
    ...(stdin === undefined ? { stdin: 'ignore' } : { input: stdin }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...env } }),
  } as const) as unknown as Child;
}

function searchPath({ env }: CommandOptions): string | undefined {
  return env?.['PATH'];
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly shortMessage?: string;
}

/** The program's end; its pipes' end is waited for only a little longer. */
async function settled(child: Child): Promise<Ended> {
  let timer: NodeJS.Timeout | undefined;
  child.on('exit', () => {
    timer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, PIPE_GRACE_MS);
  });
  const exited = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined });
    });
  });
  // execa alone knows why a spawn failed; Node alone knows the end when we destroyed the pipes.
  const result = (await child) as Ended & { code?: string };
  clearTimeout(timer);
  return child.pid === undefined ? result : exited;
}

function whyNoExitCode({ signal, shortMessage }: Ended): string {
  return signal === undefined
    ? `could not be started: ${shortMessage ?? 'unknown reason'}`
    : `killed by ${signal}`;
}

interface Stopper {
  /** Why it was stopped, if it was. */
  cause(): 'timeout' | 'aborted' | undefined;
  reason(): string;
  release(): void;
}

function stopper(child: Child, options: CommandOptions): Stopper {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, graceMs = DEFAULT_GRACE_MS, signal } = options;
  let cause: 'timeout' | 'aborted' | undefined;
  const timers: NodeJS.Timeout[] = [];
  const stop = (why: 'timeout' | 'aborted'): void => {
    if (cause !== undefined) return;
    cause = why;
    killGroup(child.pid, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child.pid, 'SIGKILL'), graceMs));
  };
  const abort = (): void => {
    stop('aborted');
  };
  timers.push(setTimeout(() => stop('timeout'), timeoutMs));
  // It may have been aborted while the program was looked for.
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return {
    cause: () => cause,
    reason: () =>
      cause === 'timeout'
        ? `not done after ${duration(timeoutMs)}, stopped`
        : `stopped: ${abortReason(signal).message}`,
    release: () => {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      // The program may have ended on SIGTERM and left children that ignore it.
      if (cause !== undefined) killGroup(child.pid, 'SIGKILL');
    },
  };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The whole group is gone already.
  }
}

interface Output {
  readonly stdout: Tail;
  readonly stderr: Tail;
  close(): Promise<void>;
}

function collect(child: Child, command: string, options: CommandOptions): Output {
  const stdout = tail(options.wholeOutput ? WHOLE_BYTES : TAIL_BYTES);
  const stderr = tail(TAIL_BYTES);
  const log = options.logFile === undefined ? undefined : openLog(options.logFile);
  log?.write(`$ ${command}\n`);
  const follow = (stream: Readable | null, into: Tail): void => {
    stream?.on('data', (bytes: Buffer) => {
      into.push(bytes);
      log?.write(bytes);
    });
    stream?.on('error', () => undefined);
  };
  follow(child.stdout, stdout);
  follow(child.stderr, stderr);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (log === undefined || log.destroyed) resolve();
      else log.once('close', resolve).end();
    });
  return { stdout, stderr, close };
}

/** A full disk must not stop a command: its log ends there. */
function openLog(file: string): Writable {
  const log = createWriteStream(file, { flags: 'a' });
  log.on('error', () => undefined);
  return log;
}

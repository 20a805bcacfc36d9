/** Real processes of a pod: containers that run one, and what `exec` starts in them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { pipeline } from 'node:stream';
import { ApiError, type ExecRequest } from '../types.ts';
import type { Still } from '../still.ts';

/** What to run. */
export interface ProcessSpec {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
}

/** How long output that a background process holds open is waited for, once the command itself has ended. */
const OUTPUT_LINGERS_MS = 2000;
/** A client that is gone: its command sees the end of its input, and then has so long. */
const ABANDONED_MS = 10_000;
const EXIT_SIGNALLED = 128;

/** The processes of one pod, each with its children a group of its own. */
export class Processes {
  readonly #children = new Set<ChildProcess>();
  readonly #still: Still;

  constructor(still: Still) {
    this.#still = still;
  }

  /** Starts a process; its end is told by `exited`. */
  start(spec: ProcessSpec, log: (text: string) => void): { child: ChildProcess; exited: Promise<number> } {
    const child = this.#spawn(spec, 'ignore');
    const told = (chunk: Buffer): void => log(chunk.toString('utf8'));
    child.stdout?.on('data', told);
    child.stderr?.on('data', told);
    return {
      child,
      exited: endOf(child).catch((error: unknown) => {
        log(`${error instanceof Error ? error.message : 'cannot be run'}\n`);
        return 127;
      }),
    };
  }

  /** Runs a command for a client. Rejects with ApiError 500 where there is no such program. */
  async run(spec: ProcessSpec, request: ExecRequest): Promise<number> {
    await this.#still.moving();
    const { stdin, stdout, stderr, signal } = request;
    const child = this.#spawn(spec, stdin === undefined ? 'ignore' : 'pipe');
    child.stdout?.on('data', stdout);
    child.stderr?.on('data', stderr);
    // A command may end before it has read all.
    if (stdin !== undefined && child.stdin !== null) pipeline(stdin, child.stdin, () => undefined);
    let timer: NodeJS.Timeout | undefined;
    const abandoned = (): void => {
      child.stdin?.end();
      timer = setTimeout(() => signalGroup(child, 'SIGKILL'), ABANDONED_MS);
    };
    signal.addEventListener('abort', abandoned);
    try {
      return await endOf(child);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandoned);
    }
  }

  /** Stops and continues all of them. */
  signalAll(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    for (const child of this.#children) signalGroup(child, name);
  }

  #spawn({ words, environment, directory }: ProcessSpec, input: 'ignore' | 'pipe'): ChildProcess {
    const [program = '', ...rest] = words;
    const child = spawn(program, rest, {
      cwd: directory,
      env: environment,
      // A group of its own: what it starts can be stopped with it.
      detached: true,
      stdio: [input, 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.on('close', () => this.#children.delete(child));
    child.on('error', () => this.#children.delete(child));
    return child;
  }
}

/** The exit code; 128 and the signal's number where one ended it. */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message;
      reject(new ApiError(500, 'InternalError', `exec: "${child.spawnfile}": ${why}`));
    });
    child.once('exit', (code, signal) => {
      const result = code ?? EXIT_SIGNALLED + (signal === null ? 0 : constants.signals[signal]);
      const timer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_LINGERS_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(result);
      });
    });
  });
}

/** To a process and all that it started. */
export function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group is gone already.
  }
}

import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Something that a run made or changed outside its own output, and how to undo it. */
export type Undo =
  | {
      readonly kind: 'clusters';
      readonly provider: 'kind';
      readonly names: readonly string[];
      /** The kind program in use. */
      readonly program: string;
    }
  /** Clusters in one process: the embedded world of a directory. */
  | { readonly kind: 'world'; readonly directory: string }
  | {
      readonly kind: 'namespace';
      readonly kubeconfig: string;
      readonly context?: string;
      readonly name: string;
    }
  | {
      readonly kind: 'scale';
      readonly kubeconfig: string;
      readonly context?: string;
      readonly namespace: string;
      readonly name: string;
      readonly replicas: number;
    }
  | { readonly kind: 'frozen'; readonly container: string; readonly part: 'node' | 'api-server' }
  | {
      readonly kind: 'revision';
      readonly kubeconfig: string;
      readonly context?: string;
      readonly revision: string;
      readonly program: string;
    }
  | {
      /** Istio in a cluster that had none. */
      readonly kind: 'mesh';
      readonly kubeconfig: string;
      readonly context?: string;
      readonly program: string;
    }
  | {
      /** A mesh that a vendor's own program installed; the same program removes it. */
      readonly kind: 'installer';
      readonly program: string;
      readonly directory: string;
      readonly env: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
    };

/** One line of a run's journal: what was done (undone = false) or put back. */
export interface JournalEntry {
  readonly id: string;
  readonly undone: boolean;
  readonly undo?: Undo;
}

/** Where runs remember what they made: `$XDG_STATE_HOME/meshproof`. */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_STATE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.local', 'state'), 'meshproof');
}

/** Makes the folder in which runs are remembered. @throws the system's error where that cannot be written to */
export function makeStateDirectory(base = stateDirectory()): void {
  const runs = join(base, 'runs');
  mkdirSync(runs, { recursive: true, mode: 0o700 });
  accessSync(runs, constants.W_OK);
}

/** One process, which no later one of the same number is taken for. */
export interface ProcessMark {
  readonly pid: number;
  /** When it began; only where the system tells. */
  readonly birth?: string;
}

export interface RunRecord extends ProcessMark {
  readonly id: string;
  readonly provider: string;
  readonly startedAt: string;
  readonly outDirectory: string;
}

/** Is there a process with this id? */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * What no later process of the same number has: the boot of the machine and the clock ticks since then.
 * Source: proc(5), /proc/PID/stat, field 22. Undefined where there is no such file.
 */
function birthOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold anything.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? undefined : `${boot}/${ticks}`;
  } catch {
    return undefined;
  }
}

/** This process. */
export function ownMark(): ProcessMark {
  const birth = birthOf(process.pid);
  return { pid: process.pid, ...(birth === undefined ? {} : { birth }) };
}

/** Is it still there? */
export const lives = ({ pid, birth }: ProcessMark): boolean =>
  isAlive(pid) && (birth === undefined || birth === birthOf(pid));

const KEPT = 'kept';

/**
 * The memory of one run on disk. It is written before the thing it tells of is done, so that `clean` knows of it after
 * a crash at any moment; undoing what was never done must therefore be harmless.
 */
export class RunState {
  readonly directory: string;
  readonly id: string;

  constructor(id: string, base = stateDirectory()) {
    this.id = id;
    this.directory = join(base, 'runs', id);
  }

  get #journal(): string {
    return join(this.directory, 'journal.ndjson');
  }

  /** Registers the run. */
  begin(record: Omit<RunRecord, 'id' | keyof ProcessMark>): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const whole: RunRecord = { id: this.id, ...ownMark(), ...record };
    writeFileSync(join(this.directory, 'run.json'), `${JSON.stringify(whole, null, 2)}\n`);
  }

  record(): RunRecord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.directory, 'run.json'), 'utf8')) as RunRecord;
    } catch {
      return undefined;
    }
  }

  /** To be called when a run ends whose clusters are to stay. */
  keep(): void {
    writeFileSync(join(this.directory, KEPT), '');
  }

  /** Did it end and leave its clusters on purpose? One that was killed did not. */
  isKept(): boolean {
    return existsSync(join(this.directory, KEPT));
  }

  /** Is the process that owns this run still there? */
  alive(): boolean {
    const record = this.record();
    return record !== undefined && lives(record);
  }

  /** To be called before the deed. Gives back what marks it as put back. */
  willUndo(undo: Undo): () => void {
    const id = randomUUID(); // several threads write one journal
    this.#append({ id, undone: false, undo });
    return () => {
      this.#append({ id, undone: true });
    };
  }

  /** What has not been put back yet, latest first: the order in which to undo. */
  pending(): { undo: Undo; done: () => void }[] {
    const entries = this.entries();
    const undone = new Set(entries.filter((entry) => entry.undone).map((entry) => entry.id));
    return entries
      .flatMap((entry) =>
        entry.undo !== undefined && !undone.has(entry.id) ? [{ id: entry.id, undo: entry.undo }] : [],
      )
      .reverse()
      .map(({ id, undo }) => ({
        undo,
        done: () => {
          this.#append({ id, undone: true });
        },
      }));
  }

  /** Forgets the run: everything is put back. */
  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  entries(): JournalEntry[] {
    try {
      return readFileSync(this.#journal, 'utf8')
        .split('\n')
        .flatMap((line) => {
          try {
            return line === '' ? [] : [JSON.parse(line) as JournalEntry];
          } catch {
            return []; // half a line: the process died while writing it, before the deed
          }
        });
    } catch {
      return [];
    }
  }

  #append(entry: JournalEntry): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    // The newline before keeps this entry from being lost with half a line that a killed process left.
    appendFileSync(this.#journal, `\n${JSON.stringify(entry)}\n`);
  }
}

/** Every run that still has something to put back, or is running. */
export function knownRuns(base = stateDirectory()): RunState[] {
  try {
    return readdirSync(join(base, 'runs')).map((id) => new RunState(id, base));
  } catch {
    return [];
  }
}

/** A new run's id: short enough for cluster and namespace names, sortable by time. */
export function newRunId(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const random = Math.floor(Math.random() * 36 ** 3)
    .toString(36)
    .padStart(3, '0');
  return `${two(now.getUTCMonth() + 1)}${two(now.getUTCDate())}-${two(now.getUTCHours())}${two(now.getUTCMinutes())}-${random}`;
}

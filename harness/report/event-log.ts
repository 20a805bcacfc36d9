import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EVENTS_FILE, loggedEvent } from './events.ts';
import type { LoggedEvent, RunEvent } from './events.ts';
import { redactStrings } from './redact.ts';
import { fallbackDirectory, writeProblem } from './fallback.ts';

/** Where a run's events go. Several threads and processes may append to one directory. */
export interface EventLog {
  /** Where the events are: the directory that was asked for, or its stand-in when that cannot be written. */
  readonly directory: string;
  /** Once something could not be written: what, where, why, and what to do. */
  readonly problem: string | undefined;
  /** Writes one line before it returns. Never throws: what cannot be written anywhere is kept in memory. */
  append(event: RunEvent): LoggedEvent;
  /** Everything logged so far, by everybody. */
  read(): EventsRead;
  close(): void;
}

/** What `events.ndjson` holds. */
export interface EventsRead {
  readonly events: readonly LoggedEvent[];
  /** Lines that were cut short, by a kill or a full disk. */
  readonly torn: number;
  /** Whole lines that are not an event this version knows. */
  readonly unknown: number;
}

/** Opens (and creates) the log of a run's directory. Never throws; see `problem`. */
export function openEventLog(directory: string): EventLog {
  return new FileEventLog(directory);
}

/** The same log, which also tells somebody of each event: a display, another thread. They see no more than the file. */
export function observed(log: EventLog, onEvent: (event: RunEvent) => void): EventLog {
  return {
    get directory() {
      return log.directory;
    },
    get problem() {
      return log.problem;
    },
    append: (event) => {
      onEvent(JSON.parse(JSON.stringify(event, replacer)) as RunEvent);
      return log.append(event);
    },
    read: () => log.read(),
    close: () => {
      log.close();
    },
  };
}

/**
 * Reads the events of a run's directory. A line that is cut short is counted, not fatal; a last one without its
 * end is ignored unless it is whole.
 *
 * @throws where the file cannot be read (ENOENT: the directory is not a run's)
 */
export function readEvents(directory: string): EventsRead {
  return parseEvents(readFileSync(join(directory, EVENTS_FILE), 'utf8'));
}

/** As `readEvents`, from the file's text. */
export function parseEvents(text: string): EventsRead {
  const events: LoggedEvent[] = [];
  let torn = 0;
  let unknown = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const value = parseJson(line);
    const parsed = loggedEvent.safeParse(value);
    if (parsed.success) events.push(parsed.data);
    else if (value === undefined) torn += 1;
    else unknown += 1;
  }
  return { events, torn, unknown };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** JSON knows no infinities (a refutation has them), and no file of ours holds secrets. */
function replacer(key: string, value: unknown): unknown {
  return value === Infinity || value === -Infinity ? String(value) : redactStrings(key, value);
}

class FileEventLog implements EventLog {
  directory: string;
  problem: string | undefined;
  #descriptor: number | undefined;
  /** Bytes that are not on any disk yet. */
  #pending = Buffer.alloc(0);
  #fellBack = false;

  constructor(directory: string) {
    this.directory = directory;
    this.#attempt(() => {
      this.#open(directory);
    });
  }

  append(event: RunEvent): LoggedEvent {
    const logged: LoggedEvent = { ...event, at: new Date().toISOString() };
    // People who watch have seen it; the report does not need it.
    if (event.type === 'progress' && this.#pending.length > 0) return logged;
    this.#pending = Buffer.concat([this.#pending, Buffer.from(`${JSON.stringify(logged, replacer)}\n`)]);
    this.#attempt(() => {
      this.#flush();
    });
    return logged;
  }

  read(): EventsRead {
    let written = '';
    try {
      written = readFileSync(join(this.directory, EVENTS_FILE), 'utf8');
    } catch {
      // Nothing was ever written: all there is is in memory.
    }
    return parseEvents(written + this.#pending.toString('utf8'));
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(directory: string): void {
    mkdirSync(directory, { recursive: true });
    const descriptor = openSync(join(directory, EVENTS_FILE), 'a+');
    this.close();
    this.#descriptor = descriptor;
    if (endsInTheMiddle(descriptor)) writeSync(descriptor, '\n');
  }

  /** A write may take only a part: the rest stays pending, so that a line is never written twice. */
  #flush(): void {
    if (this.#descriptor === undefined) this.#open(this.directory);
    while (this.#pending.length > 0 && this.#descriptor !== undefined) {
      const written = writeSync(this.#descriptor, this.#pending);
      this.#pending = this.#pending.subarray(written);
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fallBack(error);
    }
  }

  #fallBack(error: unknown): void {
    if (this.#fellBack) return;
    this.#fellBack = true;
    const wanted = this.directory;
    try {
      const { path, fresh } = fallbackDirectory(wanted);
      this.#open(path);
      this.directory = path;
      if (fresh) this.#pending = Buffer.concat([contents(join(wanted, EVENTS_FILE)), this.#pending]);
      this.#flush();
      this.problem = writeProblem('The events of this run', wanted, { error, instead: path });
    } catch {
      this.problem = writeProblem('The events of this run', wanted, { error });
    }
  }
}

/** What a file holds; nothing where it is not a file that can be read. */
function contents(file: string): Buffer {
  try {
    return statSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Was the last line cut short, by a kill? What is appended must not be glued to it. */
function endsInTheMiddle(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last.toString() !== '\n';
}

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Answer } from '../traffic/types.ts';

/** The raw answers of one measurement as NDJSON that `meshproof judge` takes, written as they come. */
export class AnswersFile {
  /** Relative to the run's directory. */
  readonly path: string;
  #descriptor: number | undefined;

  constructor(outDirectory: string, path: string) {
    this.path = join('answers', `${path.replace(/[^\w./-]+/g, '-')}.ndjson`);
    const whole = join(outDirectory, this.path);
    try {
      mkdirSync(dirname(whole), { recursive: true });
      this.#descriptor = openSync(whole, 'a');
    } catch {
      // A full disk must not end a measurement: the statistics are in memory, the event log says what is wrong.
    }
  }

  write(answer: Answer): void {
    if (this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, `${JSON.stringify(answer)}\n`);
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

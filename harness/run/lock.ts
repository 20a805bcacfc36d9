import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lives, ownMark, stateDirectory, type ProcessMark } from '../state/state.ts';
import { Mistakes } from './mistakes.ts';

/**
 * One run of a provider at a time on this machine: two would measure each other. A lock whose process is gone counts
 * for nothing.
 *
 * @returns what frees it
 * @throws Mistakes that name the other run
 */
export function lock(name: string, runId: string, base = stateDirectory()): () => void {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const file = join(base, `${name}.lock`);
  const mine = JSON.stringify({ ...ownMark(), runId });
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      return () => {
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const other = readLock(file);
      if (other !== undefined && lives(other)) throw new Mistakes([busy(name, other)]);
      rmSync(file, { force: true });
    }
  }
}

interface Holder extends ProcessMark {
  readonly runId: string;
}

function readLock(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined; // just freed, or half written by a process that died
  }
}

const busy = (name: string, { pid, runId }: Holder): string =>
  `run ${runId} (process ${String(pid)}) is using the ${name} provider on this machine, and two runs would measure each other. ` +
  `Wait for it, or end it: kill -INT ${String(pid)}`;

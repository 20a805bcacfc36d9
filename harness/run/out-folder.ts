import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Mistakes } from './mistakes.ts';

/**
 * Makes the folder that a run writes to, before anything else is made. Level by level: where a file system takes no
 * folders, as below /proc, Node 20 tries for ever to make all of them at once.
 *
 * @throws Mistakes that name what is in the way
 */
export function makeOutFolder(folder: string): void {
  const { there, missing } = deepestOf(folder);
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is no folder`);
    accessSync(there, constants.W_OK | constants.X_OK);
    for (const level of missing) make(level);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Mistakes([
      `--out: expected a folder that can be written to; ${folder} cannot be made: ${why}. ` +
        `Look: ls -ld ${there}   Another place: --out DIR`,
    ]);
  }
}

/** Another run may have made it in the meantime. */
function make(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The deepest part of a path that exists, and what is to be made below it, in that order. */
function deepestOf(folder: string): { readonly there: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  let there = folder;
  while (!exists(there) && dirname(there) !== there) {
    missing.unshift(there);
    there = dirname(there);
  }
  return { there, missing };
}

/** What cannot be looked at, because a part of its path is a file or is closed to us, is not there for us. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'a directory is in the way',
  ENOENT: 'the directory is gone',
  EIO: 'input/output error',
};

/** The system's code of an error (`ENOSPC`), or its message where it has none. */
export function codeOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message;
  return String(error);
}

/** What could not be written, why, where it goes instead, and what to do. One message for a person. */
export function writeProblem(
  what: string,
  directory: string,
  outcome: { error: unknown; instead?: string },
): string {
  const code = codeOf(outcome.error);
  const reason = REASONS[code];
  const why = reason === undefined ? code : `${code}, ${reason}`;
  const instead =
    outcome.instead === undefined ? 'nowhere else either; they are kept in memory' : `to ${outcome.instead}`;
  return `${what} cannot be written to ${directory} (${why}) and go ${instead}. Look: df -h ${directory}   Another place: --out DIR`;
}

/**
 * A directory of our own under the system's temporary directory that stands in for `directory`: the same one for
 * every process of a run, so that all their lines meet. `fresh` tells the one that made it.
 *
 * @throws where no directory can be made there either
 */
export function fallbackDirectory(directory: string): { path: string; fresh: boolean } {
  const digest = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 8);
  const path = join(tmpdir(), `meshproof-${basename(resolve(directory))}-${digest}`);
  try {
    mkdirSync(path, { mode: 0o700 });
    return { path, fresh: true };
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  // The name can be guessed: what somebody else put there is not ours to write into.
  const found = lstatSync(path);
  if (found.isDirectory() && found.uid === process.getuid?.()) return { path, fresh: false };
  return { path: mkdtempSync(`${path}-`), fresh: true };
}

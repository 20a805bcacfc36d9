import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Every file that belongs to the project, whether committed or not yet; what .gitignore names does not. */
export async function projectFiles(): Promise<readonly string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const [all, deleted] = await Promise.all([
    run('git', args, { maxBuffer: 2 ** 26 }),
    run('git', ['ls-files', '-z', '-d']),
  ]);
  const gone = new Set(deleted.stdout.split('\0'));
  return all.stdout.split('\0').filter((file) => file !== '' && !gone.has(file));
}

import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';

/** The file that a shell would run for `program` (a name on PATH, or a path), or undefined if there is none. */
export async function which(
  program: string,
  searchPath = process.env['PATH'] ?? '',
): Promise<string | undefined> {
  const candidates = program.includes('/')
    ? [path.resolve(program)]
    : searchPath.split(path.delimiter).map((folder) => path.join(folder || '.', program));
  for (const file of candidates) {
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Check, Finding } from './types.ts';

/** A check that is a program of node_modules/.bin; all that it prints are the problems. */
export function program(name: string, args: readonly string[], bin = name): Check {
  return { name, run: () => execute(join('node_modules', '.bin', bin), args) };
}

/** A check by a program that not everybody has: without it, the check is skipped and says so. */
export function optionalProgram(name: string, args: readonly string[]): Check {
  return {
    name,
    run: async () => {
      const path = await onPath(name);
      if (path === undefined) return { skipped: `no ${name} on the PATH` };
      return args.length === 0 ? { ok: 'nothing to look at' } : execute(path, args);
    },
  };
}

/** The first executable file of this name on the PATH. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

function execute(path: string, args: readonly string[]): Promise<Finding> {
  return new Promise((resolve) => {
    const child = execFile(path, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: '' });
      else resolve({ problems: [`${stdout}${stderr}`.trim() || error.message] });
    });
    // Some read standard input if they are given no file.
    child.stdin?.end();
  });
}

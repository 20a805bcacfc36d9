import { readFile } from 'node:fs/promises';
import { projectFiles } from './files.ts';
import { optionalProgram } from './program.ts';
import type { Check } from './types.ts';

/** Shell scripts, found by their first line. */
export const shellcheck: Check = {
  name: 'shellcheck',
  run: async () => {
    const candidates = (await projectFiles()).filter((file) => /(^|\/)[^.]+$|\.sh$/.test(file));
    const scripts: string[] = [];
    for (const file of candidates) {
      if (/^#!.*\b(ba|da)?sh\b/.test(await readFile(file, 'utf8'))) scripts.push(file);
    }
    // Notes below a warning take functions that are called by name for dead code.
    const args = scripts.length === 0 ? [] : ['--severity=warning', ...scripts];
    return optionalProgram('shellcheck', args).run();
  },
};

/** Workflows for GitHub. */
export const actionlint: Check = {
  name: 'actionlint',
  run: async () => {
    const workflows = (await projectFiles()).filter((file) => /^\.github\/workflows\/.*\.yml$/.test(file));
    return optionalProgram('actionlint', workflows).run();
  },
};

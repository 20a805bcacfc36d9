import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseArguments } from '../options/parse.ts';
import { run } from './run.ts';
import { makeOutFolder } from './out-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'out-'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('the folder of a run', () => {
  test('is made with all above it, and may be there', () => {
    const deep = join(folder, 'a', 'b', 'c');
    makeOutFolder(deep);
    makeOutFolder(deep);
    expect(existsSync(deep)).toBe(true);
  });

  test('is refused at once where the system takes no folders', () => {
    expect(() => {
      makeOutFolder('/proc/nope/deeper');
    }).toThrow(/^--out: expected a folder that can be written to; \/proc\/nope\/deeper cannot be made: /);
  });

  test('is refused below a file, before anything is made', async () => {
    const file = join(folder, 'report.txt');
    writeFileSync(file, 'mine');
    const words = ['run', '--provider', 'embedded', '--suite', 'multi-primary', '--out', file];
    const parsed = parseArguments(words, {});
    if (!('options' in parsed) || parsed.command !== 'run') throw new Error('a run was expected');
    await expect(run(parsed.options, 'meshproof run')).rejects.toThrow(`${file} is no folder`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'state', 'meshproof', 'runs'))).toBe(false);
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lock } from './lock.ts';
import { Mistakes } from './mistakes.ts';

let base = '';
beforeEach(() => {
  base = join(mkdtempSync(join(tmpdir(), 'lock-')), 'state');
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

const file = (name = 'kind'): string => join(base, `${name}.lock`);

function complaint(): string {
  try {
    lock('kind', 'run2', base);
    return '';
  } catch (error) {
    return error instanceof Mistakes ? error.message : `not for users: ${String(error)}`;
  }
}

test('the second of two runs is told which one is there, and how to end it', () => {
  lock('kind', 'run1', base);
  expect(complaint()).toMatch(new RegExp(`^run run1 \\(process ${String(process.pid)}\\) is using the kind`));
  expect(complaint()).toContain(`kill -INT ${String(process.pid)}`);
  expect(readFileSync(file(), 'utf8')).toContain('run1');
});

test('a lock that was freed can be taken again, and leaves nothing', () => {
  lock('kind', 'run1', base)();
  expect(existsSync(file())).toBe(false);
  expect(complaint()).toBe('');
});

test('another provider has a lock of its own', () => {
  lock('kubeconfig', 'run1', base);
  expect(complaint()).toBe('');
  expect(existsSync(file('kubeconfig'))).toBe(true);
});

test.each([
  ['of a process that is gone', () => JSON.stringify({ pid: deadPid(), runId: 'run1' })],
  ['that a process which died wrote half of', () => '{"pid":1'],
  ['that is empty', () => ''],
])('a lock %s counts for nothing', (_what, text) => {
  lock('kind', 'first', base)();
  writeFileSync(file(), text());
  expect(complaint()).toBe('');
  expect(readFileSync(file(), 'utf8')).toContain('run2');
});

/** The id of a process that has just ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sleep } from '../wait/wait.ts';
import { CommandError } from './command-error.ts';
import { run } from './command.ts';
import { which } from './which.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'command-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sh = (script: string, options: Parameters<typeof run>[2] = {}): ReturnType<typeof run> =>
  run('sh', ['-c', script], options);

async function failureOf(running: Promise<unknown>): Promise<CommandError> {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CommandError)) throw new Error(`CommandError expected, got ${String(error)}`);
  return error;
}

/** A process that was killed but that nobody has waited for (Z) is dead. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !stat.includes(') Z ');
}

describe('run', () => {
  test('gives both outputs, the exit code and takes standard input and environment', async () => {
    const result = await sh('cat; echo "$GREETING" >&2', { stdin: 'hällo', env: { GREETING: 'hi' } });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'hällo', stderr: 'hi\n' });
  });

  test('without stdin standard input is empty, not the terminal', async () => {
    expect(await sh('cat; echo end')).toMatchObject({ stdout: 'end\n' });
  });

  test('a failure tells exit code, the command to paste and the last lines of standard error', async () => {
    const error = await failureOf(
      sh('for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i" >&2; done; exit 7'),
    );
    expect(error).toMatchObject({ kind: 'exit', exitCode: 7 });
    expect(error.message).toMatch(/^exit code 7\n {2}command: sh -c 'for i in/);
    expect(error.message).toContain('| line 12');
    expect(error.message).not.toContain('| line 2\n');
  });

  test('allowFailure gives the exit code instead', async () => {
    expect(await sh('exit 3', { allowFailure: true })).toMatchObject({ exitCode: 3 });
  });

  test('a program that is missing is named', async () => {
    const error = await failureOf(run('no-such-program', ['up']));
    expect(error.kind).toBe('missing');
    expect(error.message).toContain('no-such-program is not on PATH');
  });

  test('a timeout kills grandchildren too, even those that ignore SIGTERM', async () => {
    const pidFile = path.join(folder, 'grandchild');
    const script = `sh -c 'trap "" TERM; echo $$ > ${pidFile}; while :; do sleep 0.1; done' & wait`;
    const began = performance.now();
    const error = await failureOf(sh(script, { timeoutMs: 300, graceMs: 100 }));
    expect(error.kind).toBe('timeout');
    expect(error.message).toContain('not done after 300 ms');
    expect(performance.now() - began).toBeLessThan(2500);
    await sleep(50);
    expect(await isAlive(Number(await readFile(pidFile, 'utf8')))).toBe(false);
  });

  test('a signal stops the group and says so', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('interrupted')), 50);
    const error = await failureOf(sh('sleep 30', { signal: controller.signal }));
    expect(error).toMatchObject({ kind: 'aborted' });
    expect(error.message).toContain('stopped: interrupted');
    expect((await failureOf(sh('true', { signal: controller.signal }))).kind).toBe('aborted');
  });

  test('is aborted, too, when that happens while it is about to be started', async () => {
    const controller = new AbortController();
    const running = sh('sleep 30', { signal: controller.signal, timeoutMs: 3000 });
    controller.abort(new Error('interrupted'));
    expect((await failureOf(running)).kind).toBe('aborted');
  });

  test('runs in a process group of its own, which a terminal does not interrupt', async () => {
    const { stdout } = await sh('echo $$; cut -d" " -f5 /proc/$$/stat');
    const [pid, group] = stdout.trim().split('\n');
    expect(group).toBe(pid);
  });

  test('being killed by somebody else is not an exit code', async () => {
    const error = await failureOf(sh('kill -9 $$', { allowFailure: true }));
    expect(error).toMatchObject({ kind: 'signal', exitCode: undefined });
    expect(error.message).toContain('killed by SIGKILL');
  });

  test('a daemon that keeps the pipes open does not hold the result back', async () => {
    const began = performance.now();
    const result = await sh('sleep 6 & echo started');
    expect(result).toMatchObject({ exitCode: 0, stdout: 'started\n' });
    expect(performance.now() - began).toBeLessThan(4000);
  });

  test('keeps the last 64 KiB and writes all to the log', async () => {
    const logFile = path.join(folder, 'long.log');
    const { stdout } = await sh('seq 1 30000', { logFile });
    expect(stdout).toHaveLength(64 * 1024);
    expect(stdout.endsWith('29999\n30000\n')).toBe(true);
    const log = await readFile(logFile, 'utf8');
    expect(log).toMatch(/^\$ sh -c 'seq 1 30000'\n1\n2\n/);
    expect(log.split('\n')).toHaveLength(30_002);
  });

  test('wholeOutput keeps everything', async () => {
    const { stdout } = await sh('seq 1 30000', { wholeOutput: true });
    expect(stdout.split('\n')).toHaveLength(30_001);
  });

  test('a log that cannot be written does not stop the command', async () => {
    expect(await sh('echo ok', { logFile: path.join(folder, 'no', 'such', 'log') })).toMatchObject({
      stdout: 'ok\n',
    });
  });

  test('secrets do not get into messages', async () => {
    const error = await failureOf(
      sh('echo "Authorization: Bearer abcdefgh12345678" >&2; exit 1; password=hunter2'),
    );
    expect(error.message).not.toContain('abcdefgh12345678');
    expect(error.message).not.toContain('hunter2');
    expect(error.command).not.toContain('hunter2');
  });
});

test('which finds what a shell would run', async () => {
  const file = path.join(folder, 'tool');
  await writeFile(file, '#!/bin/sh\n', { mode: 0o644 });
  expect(await which('tool', folder)).toBeUndefined();
  await writeFile(path.join(folder, 'runnable'), '#!/bin/sh\n', { mode: 0o755 });
  expect(await which('runnable', `/nonexistent:${folder}`)).toBe(path.join(folder, 'runnable'));
  expect(await which(folder)).toBeUndefined();
});

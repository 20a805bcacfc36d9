import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { observed, openEventLog, parseEvents, readEvents } from './event-log.ts';
import { EVENTS_FILE } from './events.ts';

const made: string[] = [];

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'event-log-'));
  made.push(path);
  return path;
}

afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A process of its own that logs a note every time it can. */
function writer(path: string, { name, notes }: { name: string; notes: number }): ReturnType<typeof spawn> {
  const program = `
    const { openEventLog } = await import(${JSON.stringify(new URL('./event-log.ts', import.meta.url).href)});
    const log = openEventLog(${JSON.stringify(path)});
    for (let index = 0; index < ${String(notes)}; index += 1)
      log.append({ type: 'note', level: 'info', text: '${name} ' + index + ' ' + 'x'.repeat(3000) });
  `;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: 'inherit',
  });
}

function ended(child: ReturnType<typeof spawn>): Promise<unknown> {
  return new Promise((resolve) => child.once('exit', resolve));
}

describe('the log of events', () => {
  test('gives back what was appended, with the time', () => {
    const path = directory();
    const log = openEventLog(join(path, 'not', 'yet', 'there'));
    log.append({ type: 'plan', checks: 3 });
    log.append({ type: 'note', level: 'warning', text: 'line one\nline two' });
    const { events, torn, unknown } = readEvents(log.directory);
    expect(events.map((event) => event.type)).toEqual(['plan', 'note']);
    expect(events[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect([torn, unknown, log.problem]).toEqual([0, 0, undefined]);
  });

  test('holds every line of processes that write at the same time', async () => {
    const path = directory();
    await Promise.all(['a', 'b'].map((name) => ended(writer(path, { name, notes: 300 }))));
    const { events, torn } = readEvents(path);
    expect(events).toHaveLength(600);
    expect(torn).toBe(0);
  });

  test('survives kill -9: all lines up to then are there, in order', async () => {
    const path = directory();
    const child = writer(path, { name: 'k', notes: 1_000_000 });
    const gone = ended(child);
    const log = openEventLog(path);
    while (log.read().events.length < 50) await new Promise((next) => setTimeout(next, 50));
    child.kill('SIGKILL');
    await gone;
    const { events, torn } = readEvents(path);
    expect(torn).toBeLessThanOrEqual(1);
    expect(events.map((event) => (event.type === 'note' ? Number(event.text.split(' ')[1]) : -1))).toEqual(
      events.map((_, index) => index),
    );
  });

  test('ignores a last line that was cut short, and does not glue the next to it', () => {
    const path = directory();
    openEventLog(path).append({ type: 'plan', checks: 1 });
    appendFileSync(join(path, EVENTS_FILE), '{"type":"note","level":"in');
    expect(readEvents(path).events).toHaveLength(1);
    openEventLog(path).append({ type: 'plan', checks: 2 });
    const { events, torn } = readEvents(path);
    expect(events.map((event) => (event.type === 'plan' ? event.checks : 0))).toEqual([1, 2]);
    expect(torn).toBe(1);
  });

  test('tells lines that were cut from whole ones that it does not know', () => {
    const at = '2026-01-01T00:00:00.000Z';
    const { events, torn, unknown } = parseEvents(
      `{"type":"new","at":"${at}"}\n{"type":\n{"type":"plan","at":"${at}","checks":1}`,
    );
    expect([events.length, torn, unknown]).toEqual([1, 1, 1]);
  });

  test('writes infinite e-values as words and never a secret', () => {
    const path = directory();
    const log = openEventLog(path);
    log.append({ type: 'note', level: 'info', text: 'Authorization: Bearer abcdefghijklmnop123' });
    expect(readFileSync(join(path, EVENTS_FILE), 'utf8')).not.toContain('abcdefghijklmnop');
    expect(log.read().events).toHaveLength(1);
  });

  test('tells those who watch no secret either', () => {
    const told: unknown[] = [];
    const log = observed(openEventLog(directory()), (event) => told.push(event));
    log.append({ type: 'note', level: 'info', text: 'it says token: abcdefghijklmnop' });
    log.append({ type: 'plan', checks: 3 });
    expect(told).toEqual([
      { type: 'note', level: 'info', text: 'it says token: [REDACTED]' },
      { type: 'plan', checks: 3 },
    ]);
  });
});

describe('a directory that cannot be written', () => {
  test('is replaced by one of the system, and the message says what, where and what to do', () => {
    const path = directory();
    writeFileSync(join(path, 'file'), '');
    const wanted = join(path, 'file', 'run-1');
    const log = openEventLog(wanted);
    made.push(log.directory);
    log.append({ type: 'plan', checks: 7 });
    expect(log.directory).not.toBe(wanted);
    expect(readEvents(log.directory).events).toHaveLength(1);
    expect(log.problem).toContain(wanted);
    expect(log.problem).toContain(`df -h ${wanted}`);
    expect(log.problem).toContain('--out');
  });

  test.runIf(process.platform === 'linux')('that is full loses no event', () => {
    const path = directory();
    symlinkSync('/dev/full', join(path, EVENTS_FILE));
    const log = openEventLog(path);
    for (let checks = 1; checks <= 20; checks += 1) log.append({ type: 'plan', checks });
    made.push(log.directory);
    expect(log.problem).toContain('ENOSPC, no space left on the device');
    expect(readEvents(log.directory).events).toHaveLength(20);
    expect(log.read().events).toHaveLength(20);
  });

  test('takes what was written before along, and two logs meet in one stand-in', () => {
    const path = directory();
    const [one, other] = [openEventLog(path), openEventLog(path)];
    one.append({ type: 'plan', checks: 1 });
    rmSync(path, { recursive: true });
    mkdirSync(path);
    writeFileSync(
      join(path, EVENTS_FILE),
      `${JSON.stringify({ type: 'plan', checks: 1, at: '2026-01-01T00:00:00.000Z' })}\n`,
    );
    for (const log of [one, other]) log.close();
    rmSync(join(path, EVENTS_FILE));
    mkdirSync(join(path, EVENTS_FILE));
    one.append({ type: 'plan', checks: 2 });
    other.append({ type: 'plan', checks: 3 });
    made.push(one.directory);
    expect(other.directory).toBe(one.directory);
    expect(one.read().events).toHaveLength(2);
  });
});

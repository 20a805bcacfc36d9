import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from './events.ts';
import { parseEvents } from './event-log.ts';
import { createProgress } from './progress.ts';
import type { ProgressDisplay } from './progress.ts';

const url = new URL('../../fixtures/events/broken.ndjson', import.meta.url);
const events: readonly RunEvent[] = parseEvents(readFileSync(url, 'utf8')).events;

/** What a terminal shows of what was written to it: lines, the cursor moving up, and the rest erased. */
function screenOf(written: readonly string[]): readonly string[] {
  const lines: string[] = [];
  // eslint-disable-next-line no-control-regex -- the terminal's own codes are what is read here
  for (const [, up, text] of written.join('').matchAll(/\u001b\[(\d+)A\r\u001b\[J|([^\n\u001b]*)\n/g)) {
    if (up !== undefined) lines.splice(lines.length - Number(up));
    else lines.push(text ?? '');
  }
  return lines;
}

let display: ProgressDisplay;
let written: string[] = [];

function start(screen: { isTTY?: boolean; columns?: number }, env: Record<string, string> = {}): void {
  written = [];
  display = createProgress({
    stream: { ...screen, write: (text) => void written.push(text) },
    env: { NO_COLOR: '1', ...env },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  display.stop();
  vi.useRealTimers();
});

test('a check that is still to be judged is neither shown nor counted', () => {
  start({});
  for (const event of events) display.handle(event.type === 'check' ? { ...event, carried: true } : event);
  expect(written.join('')).not.toContain('non-conformant');
});

describe('progress in CI and in files', () => {
  test('is a timestamped line for each thing that happens, without escape codes', () => {
    start({ isTTY: true }, { CI: 'true' });
    for (const event of events) display.handle(event);
    const lines = written.join('').trimEnd().split('\n');
    expect(lines.filter((line) => !/^\d\d:\d\d:\d\dZ {2}\S/.test(line))).toEqual([]);
    expect(lines.join('\n')).toContain('✖ non-conformant  multi-primary/gateways/M2/reached  48 requests');
    expect(lines.join('\n')).not.toContain('\u001b');
  });

  test('says every 30 s of silence what is awaited, and for how long', () => {
    start({});
    display.handle({ type: 'stage', name: 'measure', state: 'started', suite: 's', variant: 'flat' });
    display.handle({ type: 'progress', check: 's/flat/M2/half-each', text: 'measuring', requests: 328 });
    written = [];
    vi.advanceTimersByTime(29_000);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(written.join('')).toMatch(
      /still: measure s\/flat {2}30\.0 s · M2\/half-each: measuring, 328 requests {2}30\.0 s\n$/,
    );
    vi.advanceTimersByTime(90_000);
    expect(written).toHaveLength(4);
  });

  test('tells of scenarios that are played at once, each until it is judged', () => {
    start({});
    display.handle({ type: 'progress', of: 's/flat/M2', text: 'calls in a loop' });
    display.handle({ type: 'progress', of: 's/flat/M4', text: 'v1 is scaled to zero' });
    vi.advanceTimersByTime(30_000);
    expect(written.at(-1)).toMatch(
      /still: M2: calls in a loop {2}30\.0 s · M4: v1 is scaled to zero {2}30\.0 s\n$/,
    );
    display.handle({ type: 'progress', of: 's/flat/M2', text: 'calls in a loop' });
    display.handle({
      type: 'stage',
      name: 'measure',
      state: 'done',
      suite: 's',
      variant: 'flat',
      durationMs: 1,
    });
    vi.advanceTimersByTime(30_000);
    expect(written.at(-1)).toMatch(/still here, nothing is under way\n$/);
  });

  test('counts the silence from the last line', () => {
    start({});
    vi.advanceTimersByTime(20_000);
    display.handle({ type: 'plan', checks: 1 });
    written = [];
    vi.advanceTimersByTime(29_000);
    expect(written).toEqual([]);
  });

  test('does not write a line for each new number of requests', () => {
    start({});
    for (let requests = 0; requests < 1000; requests += 1)
      display.handle({ type: 'progress', check: 'a/b/c', text: 'measuring', requests });
    expect(written).toHaveLength(1);
  });

  test('writes a message from elsewhere on one line', () => {
    start({});
    display.handle({ type: 'note', level: 'warning', text: 'one\ntwo\u001b[2J' });
    expect(written.join('')).toMatch(/^\S+ {2}warning: one two\n$/);
  });
});

describe('progress on a terminal', () => {
  test('keeps what is done and shows below it what is under way', () => {
    const firstCheck = events.findIndex((event) => event.type === 'check');
    start({ isTTY: true, columns: 80 });
    for (const event of events.slice(0, firstCheck + 2)) display.handle(event);
    vi.advanceTimersByTime(1000);
    const lines = screenOf(written);
    expect(lines).toContain('clusters cluster2 done in 33.9 s');
    expect(lines.at(-2)).toMatch(/^\S measure multi-primary\/gateways {2}1\.0 s {2}1 of 9 checks$/);
    expect(lines.at(-1)).toMatch(/^\S M2\/reached: waiting for endpoints/);
    expect(lines.filter((line) => line.includes('measure multi-primary'))).toHaveLength(1);
  });

  test('leaves nothing of it when it stops', () => {
    start({ isTTY: true, columns: 80 });
    for (const event of events) display.handle(event);
    vi.advanceTimersByTime(1000);
    display.stop();
    expect(screenOf(written).filter((line) => /^[⠀-⣿]/.test(line))).toEqual([]);
    expect(screenOf(written).at(-1)).toBe('teardown done in 6.4 s');
  });

  test('never writes a line that the terminal would break, and so could not erase', () => {
    start({ isTTY: true, columns: 60 });
    for (const event of events) {
      display.handle(event);
      const under = screenOf(written).filter((line) => /^[⠀-⣿]/.test(line));
      expect(under.filter((line) => line.length >= 60)).toEqual([]);
    }
  });
});

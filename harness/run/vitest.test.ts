import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { contextOf } from '../../fixtures/scene.ts';
import type { RunContext } from '../play/context.ts';
import { readEvents } from '../report/event-log.ts';
import { ROOT } from './setup.ts';
import { playAll } from './vitest.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'play-all-'));
});
afterEach(() => {
  process.exitCode = undefined; // vitest inside of vitest sets it when a run is not played to its end
  rmSync(folder, { recursive: true });
});

const path = (name: string): string => join(folder, name);

/** Scenarios that leave a file when they are loaded, begin, and end: each plays for up to five seconds. */
function contextWith(names: readonly string[]): RunContext {
  const scenarios = names.map((name) => {
    const file = path(`${name}.mjs`);
    writeFileSync(
      file,
      `import { writeFileSync } from 'node:fs';
      writeFileSync(${JSON.stringify(path(`${name}-loaded`))}, '');
      await new Promise((resolve) => setTimeout(resolve, 200));
      export default {
        claim: 'A1', title: '${name}', apps: {}, checks: () => ({}),
        play: async ({ step }) => {
          writeFileSync(${JSON.stringify(path(`${name}-began`))}, '');
          for (let count = 0; count < 50; count += 1)
            await step('wait', () => new Promise((resolve) => setTimeout(resolve, 100)));
          writeFileSync(${JSON.stringify(path(`${name}-ended`))}, '');
        },
      };`,
    );
    return { suite: 'a', name, file };
  });
  return { ...contextOf(folder), scenarios };
}

const options = (signal: AbortSignal): Parameters<typeof playAll>[2] => ({
  signal,
  failFast: false,
  seed: 1,
});

describe('a run that is ended', () => {
  test('while vitest is still being loaded plays nothing', async () => {
    const ended = new AbortController();
    const playing = playAll(ROOT, contextWith(['one']), options(ended.signal));
    ended.abort();
    expect(await playing).toEqual({ errors: [] });
    expect(existsSync(path('one-loaded'))).toBe(false);
  });

  test.each([100, 200, 300])('%i ms after it began to be played is not played out', async (delayMs) => {
    const ended = new AbortController();
    setTimeout(() => {
      ended.abort();
    }, delayMs);
    expect(await playAll(ROOT, contextWith(['one']), options(ended.signal))).toEqual({ errors: [] });
    expect(existsSync(path('one-ended'))).toBe(false);
  });

  test('tells each check under way why, in the words of the run', async () => {
    const ended = new AbortController();
    const file = path('waits.mjs');
    writeFileSync(
      file,
      `import { writeFileSync } from 'node:fs';
      export default {
        claim: 'A1', title: 'waits', apps: {},
        checks: () => ({ open: { sentence: 'open', level: 'core', subject: { kind: 'fact' } } }),
        play: async ({ examine }) => {
          writeFileSync(${JSON.stringify(path('waits-began'))}, '');
          await examine('open', async () => ({ holds: false, seen: 'nothing' }));
        },
      };`,
    );
    const context = { ...contextOf(folder), scenarios: [{ suite: 'a', name: 'waits', file }] };
    const playing = playAll(ROOT, context, options(ended.signal));
    await vi.waitFor(() => {
      expect(existsSync(path('waits-began'))).toBe(true);
    }, 30_000);
    ended.abort(new Error('the time of --max-duration is over'));
    await playing;
    const checks = readEvents(folder).events.flatMap((event) =>
      event.type === 'check' ? [event.check] : [],
    );
    expect(checks).toMatchObject([
      {
        verdict: 'inconclusive',
        reason: 'interrupted',
        message: expect.stringContaining('the time of --max-duration is over') as string,
      },
    ]);
  });

  test('while the scenarios are being loaded plays none of them', async () => {
    const ended = new AbortController();
    const playing = playAll(ROOT, contextWith(['one']), options(ended.signal));
    await vi.waitFor(() => {
      expect(existsSync(path('one-loaded'))).toBe(true);
    }, 30_000);
    ended.abort();
    expect(await playing).toEqual({ errors: [] });
    expect(existsSync(path('one-began'))).toBe(false);
  });

  test('under a scenario does not begin the next, and lets that one put back what it changed', async () => {
    const ended = new AbortController();
    const playing = playAll(ROOT, contextWith(['one', 'two']), options(ended.signal));
    await vi.waitFor(() => {
      expect(existsSync(path('one-began'))).toBe(true);
    }, 30_000);
    ended.abort();
    expect(await playing).toEqual({ errors: [] });
    expect([existsSync(path('one-ended')), existsSync(path('two-began'))]).toEqual([false, false]);
  });
});

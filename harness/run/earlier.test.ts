import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckRecord } from '../report/types.ts';
import { isOpen, movedTo, readEarlier } from './earlier.ts';
import { Mistakes } from './mistakes.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/events/${name}.ndjson`, import.meta.url), 'utf8');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earlier-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A run's folder with the events of a fixture, each line changed. */
function runOf(name: string, changed: (line: string) => string = (line) => line): string {
  const run = join(folder, name);
  mkdirSync(run);
  writeFileSync(join(run, 'events.ndjson'), fixture(name).split('\n').map(changed).join('\n'));
  return run;
}

/** The check of a line, put into another state. */
const becomes =
  (id: RegExp, change: (check: CheckRecord) => object) =>
  (line: string): string => {
    if (!line.includes('"type":"check"')) return line;
    const event = JSON.parse(line) as { check: CheckRecord };
    return id.test(event.check.id)
      ? JSON.stringify({ ...event, check: { ...event.check, ...change(event.check) } })
      : line;
  };

const undecided = ({ evidence }: CheckRecord): object => ({
  verdict: 'inconclusive',
  reason: 'budget',
  evidence: { ...evidence, snapshot: { test: { seen: 1 } } },
});

test('what was undecided is open with its evidence; all else stays as it was decided', () => {
  const whole = runOf('healthy', becomes(/half-each/, undecided));
  const earlier = readEarlier(whole);
  expect(earlier.open.length).toBeGreaterThan(0);
  expect(earlier.open.every((id) => id.endsWith('/half-each'))).toBe(true);
  expect(Object.keys(earlier.evidence)).toEqual(earlier.open.filter((id) => id in earlier.evidence));
  expect(Object.values(earlier.evidence)).toContainEqual({ test: { seen: 1 } });
  expect(earlier.decided.length).toBeGreaterThan(0);
  expect(earlier.decided.filter(({ id }) => earlier.open.includes(id))).toEqual([]);
  expect(earlier.carried.map(({ id }) => id)).toEqual(Object.keys(earlier.evidence));
  expect(earlier.mesh?.version).toMatch(/^\d/);
});

test('a precondition that did not hold then does not hold now', () => {
  const waits = (): object => ({
    verdict: 'inconclusive',
    reason: 'precondition',
    message: 'P1 does not hold',
  });
  const { unmet } = readEarlier(runOf('healthy', becomes(/\/M1\//, waits)));
  expect(Object.values(unmet)).toContain('P1 does not hold');
  expect(Object.keys(unmet).every((place) => /^multi-primary\/[a-z-]+$/.test(place))).toBe(true);
});

test('why a check was undecided is known, and what was never looked at is not undecided', () => {
  const because = (reason: string) => (): object => ({
    verdict: 'inconclusive',
    reason,
    message: 'so it was',
  });
  const { undecided: known, open } = readEarlier(runOf('healthy', becomes(/half-each/, because('not-seen'))));
  expect(Object.keys(known)).toEqual(open);
  expect(new Set(Object.values(known))).toEqual(new Set(['so it was']));
  rmSync(join(folder, 'healthy'), { recursive: true });
  expect(readEarlier(runOf('healthy', becomes(/half-each/, because('interrupted')))).undecided).toEqual({});
});

test('what it saw is found from the folder of the run that goes on', () => {
  const earlier = readEarlier(runOf('healthy', becomes(/half-each/, undecided)));
  const [check] = earlier.decided.filter(({ answersFile }) => answersFile !== null);
  if (check === undefined) throw new Error('a check with answers was expected');
  const moved = movedTo(join(folder, 'later'), earlier, check);
  expect(join(folder, 'later', moved.answersFile ?? '')).toBe(
    join(folder, 'healthy', check.answersFile ?? ''),
  );
  expect(moved).toMatchObject({ id: check.id, verdict: check.verdict });
});

test('an undecided check without evidence begins anew', () => {
  const bare = (): object => ({ verdict: 'inconclusive', reason: 'interrupted', evidence: null });
  const { open, evidence } = readEarlier(runOf('healthy', becomes(/\/M1\//, bare)));
  expect(open.length).toBeGreaterThan(0);
  expect(evidence).toEqual({});
});

test('what was planned and never judged is open, too; what tells of the run itself is no check', () => {
  const planning = (line: string): string =>
    line.replace('"type":"plan",', '"type":"plan","ids":["multi-primary/flat/M1/never","b/flat/B1/never"],');
  const earlier = readEarlier(runOf('interrupted', planning));
  expect(earlier.open).toEqual(expect.arrayContaining(['multi-primary/flat/M1/never', 'b/flat/B1/never']));
  expect([...earlier.open, ...earlier.decided.map(({ id }) => id)].join(' ')).not.toContain('/interrupted/');
  expect(isOpen(earlier, 'b/flat/B1/never')).toBe(true);
  expect(isOpen(earlier, 'c/flat/C1/unheard-of')).toBe(false);
});

test('of a run that was killed before it told its plan everything is open that it did not decide', () => {
  const earlier = readEarlier(runOf('killed'));
  expect(earlier.decided.map(({ id }) => isOpen(earlier, id))).toEqual([false, false, false]);
  expect(isOpen(earlier, 'multi-primary/flat/M4/never')).toBe(true);
});

test('a run that left nothing undecided cannot be gone on with', () => {
  expect(() => readEarlier(runOf('healthy'))).toThrow(
    /no check of run .* is inconclusive; its verdict is conformant/,
  );
});

test('nor can a folder that is none of a run', () => {
  const nothing = (): unknown => readEarlier(join(folder, 'nowhere'));
  expect(nothing).toThrow(Mistakes);
  expect(nothing).toThrow(/nowhere is not the folder of a run: there is no .*events\.ndjson/);
});

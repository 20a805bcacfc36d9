import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEventLog, readEvents, type EventLog } from '../report/event-log.ts';
import type { CheckRecord } from '../report/types.ts';
import { core, extended, fact } from '../scenario.ts';
import { distribution, failover } from '../verdict/rules.ts';
import { SequentialTest } from '../verdict/sequential-test.ts';
import { Diagnoser } from './diagnose.ts';
import { Recorder, type Outcome } from './recorder.ts';

let folder = '';
let log: EventLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  log = openEventLog(folder);
});
afterEach(() => {
  log.close();
  rmSync(folder, { recursive: true });
});

const halves = distribution({ v1: 1, v2: 1 });

function recorder(
  settled: readonly string[] = [],
  evidence: Readonly<Record<string, unknown>> = {},
  undecided: Readonly<Record<string, string>> = {},
): Recorder {
  const identity = { suite: 'a', variant: 'flat', scenario: 'x', claim: 'A1' };
  const declarations = { halves: core('Half each', halves), there: extended('It is there', fact) };
  const diagnoser = new Diagnoser([], 'sample', { directory: folder, path: 'a/flat/x' });
  return new Recorder(identity, declarations, { log, diagnoser, settled, evidence, undecided });
}

const outcome = (changed: Partial<Outcome> = {}): Outcome => ({
  verdict: 'conformant',
  reason: 'seen',
  message: 'seen',
  startedAt: Date.now(),
  ...changed,
});

/** Everything that was written, read again as the report does. */
function written(): readonly CheckRecord[] {
  const { events, unknown, torn } = readEvents(folder);
  expect({ unknown, torn }).toEqual({ unknown: 0, torn: 0 });
  return events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
}

describe('a check that was judged', () => {
  test('is written down at once, under its id, with the step that it was judged in', async () => {
    const all = recorder();
    all.step = 'v1 is scaled to zero';
    expect(await all.record('there', outcome({ figures: { pods: 3 } }))).toBe('conformant');
    expect(written()).toMatchObject([
      { id: 'a/flat/A1/there', step: 'v1 is scaled to zero', level: 'extended', verdict: 'conformant' },
    ]);
    expect(written()[0]?.evidence?.figures).toEqual({ pods: 3 });
  });

  test('keeps infinite evidence: half each, refuted outright by a version that nobody weighed', async () => {
    const test_ = new SequentialTest(halves, { falsePass: 1e-3, falseFail: 1e-6 });
    for (let sent = 0; sent < 200; sent += 1) test_.observe({ label: 'v3' });
    const assessment = test_.assess();
    expect(assessment.logEvidenceAgainst).toBe(Infinity);
    await recorder().record('halves', outcome({ verdict: assessment.verdict, assessment }));
    expect(written()[0]).toMatchObject({ verdict: 'non-conformant', evidence: { logAgainst: 'Infinity' } });
  });

  test('keeps a switch that never came', async () => {
    const rule = failover({ from: 'v1', to: 'v2', eventMs: 0, withinMs: 2000, maxErrors: 3 });
    const test_ = new SequentialTest(rule, { falsePass: 1e-3, falseFail: 1e-6 });
    for (let sentMs = 0; sentMs < 3000; sentMs += 100) {
      test_.observe({ label: 'v1', sentMs, receivedMs: sentMs + 10 });
    }
    const assessment = test_.assess();
    await recorder().record('halves', outcome({ verdict: assessment.verdict, assessment }));
    expect(written()[0]).toMatchObject({
      verdict: 'non-conformant',
      evidence: { switchMs: { lower: 2900, upper: 'Infinity' } },
    });
  });

  test('that is wrong says where to look; one that is right does not', async () => {
    const all = recorder();
    await all.record('there', outcome({ verdict: 'non-conformant', where: 'from a to b', again: 'curl b' }));
    await all.record('halves', outcome());
    expect(written().map(({ diagnostics }) => diagnostics)).toEqual([
      { files: [], hints: [], where: 'from a to b', again: 'curl b' },
      null,
    ]);
  });
});

describe('open checks', () => {
  test('are those without a verdict', async () => {
    const all = recorder();
    expect(all.open()).toEqual(['halves', 'there']);
    await all.record('halves', outcome({ verdict: 'inconclusive' }));
    expect(all.open()).toEqual(['there']);
  });

  test('are not those that an earlier run decided, and these are not judged again', async () => {
    const all = recorder(['a/flat/A1/halves']);
    expect(all.open()).toEqual(['there']);
    await all.record('halves', outcome({ verdict: 'non-conformant' }));
    expect(all.records).toEqual([]);
    expect(written()).toEqual([]);
  });
});

test('evidence of an earlier run stays with a check that is not judged, and not with one that is', async () => {
  const evidence = { 'a/flat/A1/halves': { test: 1 }, 'a/flat/A1/there': { test: 2 } };
  const all = recorder([], evidence);
  await all.record('halves', outcome({ verdict: 'inconclusive', reason: 'infrastructure' }));
  await all.record('there', outcome());
  expect(written().map((check) => check.evidence?.snapshot)).toEqual([{ test: 1 }, undefined]);
});

test('a check that is skipped keeps what was seen of it before, and stays undecided then', async () => {
  const all = recorder([], { 'a/flat/A1/halves': { test: 1 } });
  await all.skip('one node only', 'halves', 'there');
  expect(written()).toMatchObject([
    { verdict: 'inconclusive', reason: 'skipped', evidence: { snapshot: { test: 1 } } },
    { verdict: 'skipped', reason: 'skipped', message: 'one node only', evidence: null },
  ]);
});

test('nor does it become a mere skip where it was looked at in vain before, however often', async () => {
  const all = recorder([], {}, { 'a/flat/A1/halves': 'no freezing; before that: the limit lies inside' });
  await all.skip('one node only', 'halves', 'there');
  expect(written()).toMatchObject([
    {
      verdict: 'inconclusive',
      reason: 'skipped',
      message: 'one node only; before that: the limit lies inside',
    },
    { verdict: 'skipped', message: 'one node only' },
  ]);
});

test('a check that was not declared is a mistake in the scenario', async () => {
  await expect(recorder().record('halfs', outcome())).rejects.toThrow('the scenario declares no check halfs');
});

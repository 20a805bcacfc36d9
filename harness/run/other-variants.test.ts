import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultOptions } from '../options/parse.ts';
import { openEventLog, type EventLog } from '../report/event-log.ts';
import { core, fact, type Scenario } from '../scenario.ts';
import type { Selected } from '../select.ts';
import type { Bench } from './bench.ts';
import type { Earlier } from './earlier.ts';
import { withoutOtherVariants } from './other-variants.ts';

let folder = '';
let log: EventLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'other-variants-'));
  log = openEventLog(folder);
});
afterEach(() => {
  log.close();
  rmSync(folder, { recursive: true });
});

const about = (claim: string, variants?: Scenario['variants']): Selected =>
  ({
    file: { suite: 's', name: claim, file: '' },
    scenario: { claim, variants, checks: () => ({ holds: core('It holds', fact) }) },
  }) as unknown as Selected;

const benchOf = (...scenarios: readonly Selected[]): Bench => ({
  ...{ suite: 's', variant: 'gateways', clusters: [] },
  parts: [{ suite: 's', variant: 'gateways', clusters: [], scenarios }],
});

/** What is left to play, and which checks have a verdict without. */
function left(bench: Bench, earlier?: Partial<Earlier>): { played: string[][]; skipped: string[] } {
  const run = { options: defaultOptions(), earlier: earlier as Earlier | undefined, log };
  const played = withoutOtherVariants(run, [bench]).map(({ parts }) =>
    parts.flatMap(({ scenarios }) => scenarios.map(({ scenario }) => scenario.claim)),
  );
  const skipped = log.read().events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
  return { played, skipped: skipped.map(({ id, verdict, message }) => `${verdict} ${id}: ${message}`) };
}

test('a scenario about another variant is skipped, and the others are played', () => {
  expect(left(benchOf(about('V1', ['replicated']), about('V2'), about('V4', ['gateways'])))).toEqual({
    played: [['V2', 'V4']],
    skipped: ['skipped s/gateways/V1/holds: it is about the variant replicated'],
  });
});

test('clusters that nothing would be played in are not brought up', () => {
  expect(left(benchOf(about('V1', ['replicated']))).played).toEqual([]);
});

test('what an earlier run saw is not undone', () => {
  const carried = [{ id: 's/gateways/V1/holds' }] as unknown as Earlier['carried'];
  expect(left(benchOf(about('V1', ['replicated'])), { decided: [], carried }).skipped).toEqual([]);
});

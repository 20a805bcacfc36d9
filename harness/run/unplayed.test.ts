import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultOptions } from '../options/parse.ts';
import { openEventLog } from '../report/event-log.ts';
import { checkRecord } from '../report/schema.ts';
import { core, extended, fact } from '../scenario.ts';
import type { Selected } from '../select.ts';
import { exclusive } from '../verdict/rules.ts';
import { skip, unplayed } from './unplayed.ts';

const selected = {
  file: { suite: 'multi-primary', name: 'a-scenario', file: '' },
  scenario: {
    claim: 'M4',
    checks: ({ bounds, variant }: { bounds: { returnWithinMs: number }; variant: string }) => ({
      'v1/alone': core(`Back within ${String(bounds.returnWithinMs)} ms in ${variant}`, exclusive('v1')),
      looks: extended('It is there', fact),
    }),
  },
} as unknown as Selected;

const why = { verdict: 'skipped', reason: 'not-there', message: 'no gateway' } as const;

test('every declared check has a verdict with its reason, and is a valid part of a report', () => {
  const records = unplayed({ options: defaultOptions() }, { selected, variant: 'flat', ...why });
  expect(records.map(({ id, level, ...rest }) => [id, level, rest.verdict, rest.message])).toEqual([
    ['multi-primary/flat/M4/v1/alone', 'core', 'skipped', 'no gateway'],
    ['multi-primary/flat/M4/looks', 'extended', 'skipped', 'no gateway'],
  ]);
  for (const record of records) expect(checkRecord.safeParse(record).error).toBeUndefined();
});

test('says what was promised in this variant and by these options, and the rule where there is one', () => {
  const options = { ...defaultOptions(), returnWithin: 7000 };
  const [alone, looks] = unplayed({ options }, { selected, variant: 'gateways', ...why });
  expect(alone).toMatchObject({ sentence: 'Back within 7000 ms in gateways', rule: exclusive('v1') });
  expect(looks?.rule).toBeNull();
});

test('what an earlier run could not decide stays undecided when it is skipped; what was never looked at is skipped', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skip-'));
  const log = openEventLog(folder);
  const earlier = {
    ...{ id: 'r1', directory: folder, unmet: {}, mesh: null, risk: { falsePass: 1e-3, falseFail: 1e-6 } },
    ...{ planned: undefined, checks: 2, killed: false, open: [], decided: [], carried: [], evidence: {} },
    undecided: { 'multi-primary/flat/M4/looks': 'the API server did not answer' },
  };
  skip({ options: defaultOptions(), earlier, log }, { selected, variant: 'flat', message: 'no gateway' });
  const checks = log.read().events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
  log.close();
  rmSync(folder, { recursive: true });
  expect(checks.map(({ verdict, reason, message }) => [verdict, reason, message])).toEqual([
    ['skipped', 'not-there', 'no gateway'],
    ['inconclusive', 'skipped', 'no gateway; before that: the API server did not answer'],
  ]);
});

import { expect, test } from 'vitest';
import { defaultOptions } from '../options/parse.ts';
import { checkRecord } from '../report/schema.ts';
import { core, extended, fact } from '../scenario.ts';
import type { Selected } from '../select.ts';
import { exclusive } from '../verdict/rules.ts';
import { unplayed } from './unplayed.ts';

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

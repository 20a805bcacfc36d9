import { describe, expect, test } from 'vitest';
import type { SuiteFacts } from '../suites-page/read.ts';
import { sharedIds, staleLines } from './suites.ts';

const page = '# Title\n\n| check    | rule |\n| -------- | ---- |\n| `M1/one` | old  |\n';

describe('the page of the suites', () => {
  test('that says something else is named with what is stale and the command to paste', () => {
    const wanted = page.replace('old ', 'new and longer').replace('----', '--------------');
    expect(staleLines(page, wanted)).toEqual([
      'suites/README.md is not what the scenarios say (+). Make it anew:',
      '  npm run suites',
      '  - | `M1/one` | old |',
      '  + | `M1/one` | new and longer |',
    ]);
  });

  test.each([
    [undefined, 'is missing'],
    [page.replace('old ', 'old'), 'differs in spacing or order'],
  ])('that is %j is a problem: it %s', (present, problem) => {
    expect(staleLines(present, page)).toEqual([
      expect.stringContaining(problem) as string,
      '  npm run suites',
    ]);
  });

  test('that lacks much shows some of it and counts the rest', () => {
    const rows = Array.from({ length: 40 }, (_, index) => `| row ${index} |\n`).join('');
    expect(staleLines(page, page + rows).at(-1)).toBe('  … and 28 lines more');
  });
});

describe('ids of checks', () => {
  const check = (id: string, ...variants: string[]): object => ({ id, variants });
  const suite = (...scenarios: readonly (readonly [string, readonly object[]])[]): SuiteFacts =>
    ({
      name: 'a',
      scenarios: scenarios.map(([folder, checks]) => ({ folder, checks })),
    }) as unknown as SuiteFacts;

  test('that two scenarios share in a variant are a problem', () => {
    const two = suite(['f', [check('P5/x', 'flat', 'gateways')]], ['g', [check('P5/x', 'gateways')]]);
    expect(sharedIds([two])).toEqual([
      'suites/a: a/gateways/P5/x is declared by f and g; expected one scenario for each id',
    ]);
  });

  test('that two share in different variants are none', () => {
    const two = suite(
      ['f', [check('P5/x', 'flat')]],
      ['g', [check('P5/x', 'gateways'), check('P5/y', 'flat')]],
    );
    expect(sharedIds([two])).toEqual([]);
  });
});

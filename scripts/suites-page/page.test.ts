import fc from 'fast-check';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { parseTopology } from '../../harness/topology/parse.ts';
import { pageOf } from './page.ts';
import type { CheckFacts, SuiteFacts } from './read.ts';

const parsed = parseTopology(
  `clusters:
  - { name: c1, role: primary, podSubnet: 10.1.0.0/16, serviceSubnet: 10.101.0.0/16 }
  - { name: c2, role: primary, podSubnet: 10.2.0.0/16, serviceSubnet: 10.102.0.0/16 }
variants: { flat: { c1: n1, c2: n1 }, gateways: { c1: n1, c2: n2 } }
`,
  'topology.yaml',
);
if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
const { topology } = parsed;

const plain: CheckFacts = {
  id: 'M1/x',
  variants: ['flat', 'gateways'],
  level: 'core',
  sentence: 'It holds',
  rule: 'a rule',
  basis: { kind: 'sample', risk: { falsePass: 1e-3, falseFail: 1e-6 }, maxCalls: 2325 },
};

function suite(checks: readonly CheckFacts[], text = 'Text', variants = ['flat', 'gateways']): SuiteFacts {
  const scenario = { folder: 'f', claim: 'M1', title: text, document: text, needs: [], disruptive: false };
  return { name: 'a', hasReadme: false, topology, scenarios: [{ ...scenario, variants, checks }] };
}

const formatted = (page: string): Promise<string> => format(page, { parser: 'markdown', printWidth: 110 });

/** The cells of the line that holds an id. */
const cellsOf = (page: string, id: string): readonly string[] =>
  (page.split('\n').find((line) => line.startsWith(`| \`${id}\``)) ?? '')
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

describe('a row', () => {
  test.each([
    [plain.basis, ['1 in 1,000', '1 in 1,000,000', '2,325']],
    [{ kind: 'clock', falsePass: 0.01 }, ['1 in 100', '—', 'by the clock']],
    [{ kind: 'clock', falsePass: null }, ['—', '—', 'by the clock']],
    [{ kind: 'look' }, ['—', '—', '—']],
  ] as const)('on %j ends with %j', (basis, figures) => {
    const cells = cellsOf(pageOf([suite([{ ...plain, basis }])]), 'M1/x');
    expect(cells).toEqual(['`M1/x`', 'It holds', 'core', 'a rule', ...figures]);
  });

  test('names its variants if the scenario is played in others too', () => {
    const flat = { ...plain, variants: ['flat'] };
    expect(cellsOf(pageOf([suite([flat])]), 'M1/x')[0]).toBe('`M1/x` (flat)');
    const page = pageOf([suite([flat], 'Text', ['flat'])]);
    expect(cellsOf(page, 'M1/x')[0]).toBe('`M1/x`');
    expect(page).toContain('Only in `flat`.');
  });

  test('counts once where a check differs between variants', () => {
    const both = [
      { ...plain, variants: ['flat'] },
      { ...plain, variants: ['gateways'], rule: 'another' },
    ];
    expect(pageOf([suite(both)])).toContain('| [a](#a) | flat, gateways | 1 | 1 | 1 | 0 |');
  });

  test('has one row for a check of which only the level differs, and counts it as core', () => {
    const page = pageOf([
      suite([
        { ...plain, variants: ['flat'], level: 'core' },
        { ...plain, variants: ['gateways'], level: 'extended' },
      ]),
    ]);
    expect(page).toContain('| [a](#a) | flat, gateways | 1 | 1 | 1 | 0 |');
    expect(page.match(/`M1\/x`/g)).toHaveLength(1);
    expect(page).toContain('| core (flat), extended (gateways) |');
  });
});

describe('text of a scenario', () => {
  const hostile = fc
    .array(
      fc.constantFrom('a', 'b1', ' ', '*', '_', '|', '<b>', '[', ']', '(c)', '`', '\\', '#', '-', '\n', '.'),
    )
    .map((parts) => `x${parts.join('')}x`);

  test('neither breaks a table nor makes a page that prettier would format again', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const page = await formatted(pageOf([suite([{ ...plain, sentence: text, rule: text }], text)]));
        expect(await formatted(page)).toBe(page);
        expect(cellsOf(page, 'M1/x')).toHaveLength(7);
      }),
      { numRuns: 25, examples: [['x`\\|`x']] },
    );
  });

  test.each([
    ['all *.local services and *.global', String.raw`all \*.local services and \*.global`],
    ['`*.local` stays `a|b`', String.raw`${'`*.local`'} stays ${'`a'}\|${'b`'}`],
    ['less <than> [a](b)', String.raw`less \<than> \[a\](b)`],
  ])('%j is written %j', (text, written) => {
    expect(cellsOf(pageOf([suite([{ ...plain, sentence: text }])]), 'M1/x')[1]).toBe(written);
  });
});

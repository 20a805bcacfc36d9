import { describe, expect, test } from 'vitest';
import { DEFECTS } from '../../harness/embedded/defects/index.ts';
import { readSuites } from '../suites-page/read.ts';
import { ROWS } from './rows.ts';
import { rowsOf } from './types.ts';

const suites = await readSuites('.');
const nameOf = (defect: string): string => defect.split('=')[0] ?? '';
const withoutRow = (rows: typeof ROWS): readonly string[] =>
  Object.keys(DEFECTS).filter((name) => !rows.some(({ defect }) => nameOf(defect) === name));

describe('the table', () => {
  test('has a row for every defect, and there are 40 of them', () => {
    expect(withoutRow(ROWS)).toEqual([]);
    expect(Object.keys(DEFECTS).length).toBeGreaterThanOrEqual(40);
  });

  test('lacks a defect whose rows are taken away', () => {
    expect(withoutRow(ROWS.filter(({ defect }) => defect !== 'other-root'))).toEqual(['other-root']);
  });

  test('has a defect for every claim of every suite', () => {
    const claims = suites.flatMap(({ name, scenarios }) =>
      scenarios.map(({ claim }) => [name, claim] as const),
    );
    const broken = new Set(
      ROWS.filter(({ right }) => right !== 'conformant').map(({ suite, claim }) => `${suite}/${claim}`),
    );
    const missing = claims.filter(([suite, claim]) => !broken.has(`${suite}/${claim}`));
    expect(missing).toEqual([]);
  });

  test("refutes one of the document's own words of every claim that has some", () => {
    const level = new Map<string, string>(
      suites.flatMap(({ name, scenarios }) =>
        scenarios.flatMap(({ checks }) => checks.map(({ id, level }) => [`${name}/${id}`, level] as const)),
      ),
    );
    const idsOf = ({ suite, claim, checks }: (typeof ROWS)[number]): string[] =>
      checks.map((check) => `${suite}/${claim}/${check}`);
    const refuted = ROWS.filter(({ right }) => right === 'non-conformant').flatMap(idsOf);
    const claimOf = (id: string): string => id.split('/').slice(0, 2).join('/');
    const core = [...level].filter(([, each]) => each === 'core').map(([id]) => id);
    const answered = new Set(refuted.filter((id) => level.get(id) === 'core').map(claimOf));
    expect([...new Set(core.map(claimOf))].filter((claim) => !answered.has(claim))).toEqual([]);
  });

  test('names suites, variants, claims and checks that there are, and defects', () => {
    for (const { suite, variant, claim, checks, defect } of ROWS) {
      const scenarios = suites.find(({ name }) => name === suite)?.scenarios ?? [];
      const declared = scenarios
        .filter((one) => one.claim === claim && one.variants.includes(variant))
        .flatMap((one) =>
          one.checks.filter(({ variants }) => variants.includes(variant)).map(({ id }) => id),
        );
      const row = `${defect} in ${suite}/${variant}/${claim}`;
      expect(declared.length, row).toBeGreaterThan(0);
      expect(declared, row).toEqual(expect.arrayContaining(checks.map((check) => `${claim}/${check}`)));
      expect(Object.keys(DEFECTS), row).toContain(nameOf(defect));
    }
  });

  test('has each pair of defect and scenario once', () => {
    const pairs = ROWS.map(({ defect, suite, variant, claim }) => [defect, suite, variant, claim].join(' '));
    expect(pairs).toEqual([...new Set(pairs)]);
  });

  test('says why, wherever a claim is not refuted', () => {
    expect(ROWS.filter(({ right, why }) => right !== 'non-conformant' && why === undefined)).toEqual([]);
  });
});

test('a line is read with its checks, and refuted unless it says otherwise', () => {
  expect(
    rowsOf('ingress', [
      ['errors', 'flat/I3', 'thirds pages'],
      ['weights=60/40', 'flat/I3', '', 'inconclusive', 'few'],
    ]),
  ).toEqual([
    {
      defect: 'errors',
      suite: 'ingress',
      variant: 'flat',
      claim: 'I3',
      checks: ['thirds', 'pages'],
      right: 'non-conformant',
    },
    {
      defect: 'weights=60/40',
      suite: 'ingress',
      variant: 'flat',
      claim: 'I3',
      checks: [],
      right: 'inconclusive',
      why: 'few',
    },
  ]);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseSuites, isWanted, scenariosOf, suiteNames, whySkipped, type Selected } from './select.ts';

let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'select-'));
  const scenarios: Readonly<Record<string, object>> = {
    twelfth: { claim: 'M12' },
    second: { claim: 'M2' },
    'first-and-disruptive': { claim: 'M1', disruptive: true },
    'third-and-disruptive': { claim: 'M3', disruptive: true },
    'through-the-ingress': { claim: 'M4', needs: ['ingress'] },
  };
  for (const [name, scenario] of Object.entries(scenarios)) {
    const folder = join(root, 'suites', 'a', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'scenario.ts'),
      `export default { checks: () => ({}), ...${JSON.stringify(scenario)} };\n`,
    );
  }
  for (const suite of ['a', 'b']) {
    mkdirSync(join(root, 'suites', suite, 'only-manifests'), { recursive: true });
    writeFileSync(join(root, 'suites', suite, 'topology.yaml'), '');
  }
  mkdirSync(join(root, 'suites', 'no-topology'));
  writeFileSync(join(root, 'suites', 'helloworld.ts'), '');
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const selected = (scenario: object, name = 'last-replica-gone'): Selected =>
  ({ file: { suite: 'a', name, file: '' }, scenario: { claim: 'M4', ...scenario } }) as Selected;

describe('suites', () => {
  test('are the folders with a topology', () => {
    expect(suiteNames(root)).toEqual(['a', 'b']);
  });

  test.each([
    [['all'], ['a', 'b']],
    [
      ['b', 'all'],
      ['a', 'b'],
    ],
    [['b', 'b'], ['b']],
    [[], []],
  ])('%j are %j', (wanted, suites) => {
    expect(chooseSuites(root, wanted)).toEqual({ suites });
  });

  test('that are unknown are mistakes, each of them, with what there is', () => {
    expect(chooseSuites(root, ['a', 'c', 'nonsense'])).toEqual({
      mistakes: [
        expect.stringMatching(/^unknown suite c.*suites: a, b, all\. See: npx meshproof list$/),
        expect.stringMatching(/^unknown suite nonsense; suites: a, b, all\. See: npx meshproof list$/),
      ],
    });
  });
});

describe('scenarios', () => {
  test('are played by the number of their claim, then those that play alone, those that disrupt last', async () => {
    const order = (await scenariosOf(root, 'a')).map(({ scenario }) => scenario.claim);
    expect(order).toEqual(['M2', 'M12', 'M4', 'M1', 'M3']);
  });

  const checks = ['v1-gone', 'returns'];
  const isPlayed = (wanted: string, claim = 'M4', variant = 'flat'): boolean => {
    const ids = checks.map((check) => `a/${variant}/${claim}/${check}`);
    return isWanted(selected({ claim }), { variant, ids }, [wanted]);
  };

  test.each([
    'M4',
    'last-replica-gone',
    'a/last-replica-gone',
    'a/flat',
    'a/fl',
    'a/flat/M',
    'a/flat/M4',
    'a/flat/M4/',
    'a/flat/M4/v1-gone',
    'a/flat/M4/ret',
    'a',
  ])('answer to %s', (wanted) => {
    expect(isPlayed(wanted)).toBe(true);
  });

  test.each([
    'M',
    'M40',
    'last',
    'a/gateways',
    'a/gateways/M4',
    'b',
    'a/flat/M40',
    'a/flat/M4x',
    'a/flat/M4/v1-gnoe',
    'a/flat/M4/v1-gone/more',
  ])('do not answer to %s', (wanted) => {
    expect(isPlayed(wanted)).toBe(false);
  });

  test('do not answer to the beginning of their number', () => {
    expect(['a/flat/M1', 'a/flat/M11', 'a/flat/M'].map((wanted) => isPlayed(wanted, 'M11'))).toEqual([
      false,
      true,
      true,
    ]);
    expect(['a/flat/M1', 'a/flat/M11'].map((wanted) => isPlayed(wanted, 'M1'))).toEqual([true, false]);
  });

  test('are all wanted when none is named', () => {
    expect(isWanted(selected({}), { variant: 'flat', ids: [] }, [])).toBe(true);
  });
});

describe('a scenario is skipped', () => {
  const missing = { freezing: 'no node can be stopped' };

  test('in a variant that it is not about, before anything else', () => {
    const why = whySkipped(selected({ variants: ['gateways'], needs: ['freezing'] }), 'flat', missing);
    expect(why).toBe('it is about the variant gateways');
  });

  test('when a feature that it needs is missing, with the reason', () => {
    const why = whySkipped(selected({ needs: ['disruption', 'freezing'] }), 'flat', missing);
    expect(why).toBe('it needs freezing: no node can be stopped');
  });

  test('for nothing else', () => {
    expect(
      whySkipped(selected({ variants: ['flat'], needs: ['disruption'] }), 'flat', missing),
    ).toBeUndefined();
    expect(whySkipped(selected({}), 'flat', missing)).toBeUndefined();
  });
});

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseArguments } from '../options/parse.ts';
import type { RunOptions } from '../options/types.ts';
import { core, fact } from '../scenario.ts';
import type { Selected } from '../select.ts';
import { distribution } from '../verdict/rules.ts';
import { topologyKey } from './bench.ts';
import { choose, undecidable } from './choose.ts';
import { Mistakes } from './mistakes.ts';
import { plan, type Plan } from './plan.ts';

const fakes = fileURLToPath(new URL('../../fixtures/bin', import.meta.url));
const healthy = fileURLToPath(new URL('../../fixtures/events/healthy.ndjson', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-'));
  vi.stubEnv('PATH', fakes); // nothing real can be reached
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function asked(...words: readonly string[]): RunOptions {
  const parsed = parseArguments(['run', ...words], {});
  if ('options' in parsed && parsed.command === 'run') return parsed.options;
  throw new Error(`a run was expected: ${JSON.stringify(parsed)}`);
}

async function mistakesOf(working: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await working.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Mistakes) return error.mistakes;
  throw new Error(`mistakes were expected, got ${String(error)}`);
}

describe('what is chosen', () => {
  test('is every scenario of a suite in each variant of its topology', async () => {
    const chosen = await choose(asked('--suite', 'multi-primary'));
    expect(chosen.map(({ suite, variant }) => `${suite}/${variant}`)).toEqual([
      'multi-primary/flat',
      'multi-primary/gateways',
    ]);
    for (const { scenarios } of chosen) {
      // M10 is that all others hold in both variants.
      const numbers = new Set(scenarios.map(({ scenario }) => Number(scenario.claim.slice(1))));
      expect([...numbers].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]);
    }
  });

  test('can be narrowed to a variant, and to a scenario by its check', async () => {
    const wanted = ['--variant', 'gateways', '--scenario', 'multi-primary/gateways/M4/v1-gone'];
    const [only, ...others] = await choose(asked(...wanted));
    expect(others).toEqual([]);
    expect(only).toMatchObject({ variant: 'gateways', scenarios: [{ file: { name: 'last-replica-gone' } }] });
  });

  test('of an unknown suite is a mistake with the suites that there are', async () => {
    const [mistake] = await mistakesOf(choose(asked('--suite', 'multi-primry')));
    expect(mistake).toMatch(
      /^unknown suite multi-primry.*multi-primary\?.*suites: .*multi-primary.*, all\. See: npx meshproof list$/,
    );
  });

  test('of unknown scenarios is a mistake for each, with the scenarios that there are', async () => {
    const mistakes = await mistakesOf(choose(asked('--scenario', 'M99', '--scenario', 'nonsense')));
    expect(mistakes).toHaveLength(2);
    expect(mistakes[0]).toMatch(/^--scenario M99: there is no such scenario; .*M4 \(last-replica-gone\)/);
  });

  test('of a scenario that is nearly there is a mistake with the one that was meant', async () => {
    expect(await mistakesOf(choose(asked('--scenario', 'both-version-answer')))).toEqual([
      expect.stringMatching(/no such scenario \(did you mean both-versions-answer\?\).*npx meshproof list$/),
    ]);
  });

  test('by an id is that scenario alone, and by an unknown check a mistake with the nearest one', async () => {
    const [only] = await choose(asked('--scenario', 'multi-primary/flat/M1'));
    expect(only?.scenarios.map(({ scenario }) => scenario.claim)).toEqual(['M1']);
    expect(await mistakesOf(choose(asked('--scenario', 'multi-primary/gateways/M4/v1-back/haves')))).toEqual([
      expect.stringMatching(
        /^--scenario multi-primary\/gateways\/M4\/v1-back\/haves: there is no such scenario \(did you mean multi-primary\/gateways\/M4\/v1-back\/halves\?\)/,
      ),
    ]);
  });

  test('is listed by shards as it would be run', async () => {
    const shards = await Promise.all(
      ['1/2', '2/2'].map((shard) => choose(asked('--suite', 'multi-primary', '--shard', shard))),
    );
    expect(shards.map((shard) => shard.map(({ variant }) => variant))).toEqual([['flat'], ['gateways']]);
  });

  test('in a variant that no suite has is a mistake with the variants that there are', async () => {
    const words = ['--suite', 'multi-primary', '--variant', 'replicated'];
    expect(await mistakesOf(choose(asked(...words)))).toEqual([
      expect.stringMatching(
        /^--variant replicated: no suite .* multi-primary has flat, gateways\. See: npx meshproof list$/,
      ),
    ]);
  });

  test('has to be on clusters of the topology', async () => {
    const mistakes = await mistakesOf(
      choose(asked('--suite', 'multi-primary', '--cluster', 'cluster3=a', '--cluster', 'east=b')),
    );
    expect(mistakes).toEqual([
      expect.stringMatching(
        /^--cluster cluster3: the suite multi-primary has no such cluster.*cluster1, cluster2$/,
      ),
      expect.stringMatching(/^--cluster east: /),
    ]);
  });

  test('that its budget cannot decide is refused, with its id and what could be decided', () => {
    const checks = (): object => ({
      rare: core('One in a hundred', distribution({ v1: 99, v2: 1 })),
      common: core('Half each', distribution({ v1: 1, v2: 1 })),
      seen: core('It is there', fact),
    });
    const selected = {
      file: { suite: 'a', name: 'x', file: '' },
      scenario: { claim: 'A1', checks },
    } as unknown as Selected;
    const mistakes = undecidable(
      [{ suite: 'a', variant: 'flat', clusters: [], scenarios: [selected] }],
      asked(),
    );
    expect(mistakes).toEqual([
      expect.stringMatching(/^a\/flat\/A1\/rare: cannot decide within .*allow 43700/),
    ]);
  });
});

describe('a plan', () => {
  test('shares the budget for false alarms out among all checks and their companions', async () => {
    const planned = await plan(asked('--suite', 'multi-primary', '--provider', 'kind'));
    expect(planned.provider).toBe('kind');
    expect(planned.checks).toBeGreaterThan(50);
    expect(planned.risk.falseFail * 2 * planned.checks).toBeLessThanOrEqual(1.000001e-4);
    expect(planned.benches.map(({ provider }) => provider.name)).toEqual(['kind', 'kind']);
  });

  test('of several suites brings clusters up once for all that want the same', async () => {
    const { benches } = await plan(asked('--suite', 'ingress,multi-primary', '--provider', 'kind'));
    const keys = benches.map(topologyKey);
    expect(new Set(keys).size).toBe(keys.length);
    const parts = benches.flatMap((bench) => bench.parts.map((part) => `${part.suite}/${part.variant}`));
    expect(parts).toEqual(expect.arrayContaining(['multi-primary/flat', 'multi-primary/gateways']));
    expect(parts.some((part) => part.startsWith('ingress/'))).toBe(true);
    expect(new Set(parts).size).toBe(parts.length);
  });

  test.each([2, 3, 7])(
    'in %i shards is the whole plan, each check once, at the risk of the whole',
    async (of) => {
      const asking = ['--suite', 'multi-primary', '--provider', 'kind'];
      const whole = await plan(asked(...asking));
      const shards = await Promise.all(
        Array.from({ length: of }, (_, index) =>
          plan(asked(...asking, '--shard', `${String(index + 1)}/${String(of)}`)),
        ),
      );
      const scenarios = ({ benches }: Plan): string[] =>
        benches.flatMap(({ parts }) =>
          parts.flatMap((part) => part.scenarios.map(({ file }) => `${part.variant}/${file.name}`)),
        );
      expect(shards.flatMap(scenarios).sort()).toEqual(scenarios(whole).sort());
      expect(shards.reduce((total, { checks }) => total + checks, 0)).toBe(whole.checks);
      expect(shards.map(({ risk }) => risk)).toEqual(shards.map(() => whole.risk));
      expect(whole.notes).toEqual([]);
      const { checks = 0, notes = [] } = shards[1] ?? {};
      expect(notes).toEqual([
        expect.stringContaining(
          `shard 2 of ${String(of)}: ${String(checks)} of the ${String(whole.checks)} checks`,
        ),
      ]);
    },
  );

  test('cannot be split into more shards than it has scenarios', async () => {
    const words = ['--suite', 'multi-primary', '--scenario', 'M4', '--provider', 'kind', '--shard', '1/3'];
    expect(await mistakesOf(plan(asked(...words)))).toEqual([
      expect.stringMatching(/^--shard 1\/3: there are only 2 scenarios .* N is at most 2$/),
    ]);
  });

  test('tells all that is wrong at once', async () => {
    vi.stubEnv('FAKE_DOCKER', 'down');
    const files = ['--install-values', 'no-values.yaml', '--installer', './no-installer'];
    const words = [...files, '--defect', 'no-such-defect'];
    const mistakes = await mistakesOf(plan(asked('--suite', 'multi-primary', ...words)));
    expect(mistakes).toEqual([
      expect.stringMatching(/^--install-values: there is no file no-values.yaml .*\. See: ls \//),
      expect.stringMatching(/^--installer: there is no file/),
      expect.stringMatching(
        /^--defect no-such-defect: there is no such defect; there are .*\. See: npx meshproof run --defect list$/,
      ),
      expect.stringMatching(/^--installer installs a mesh, and the embedded clusters come with theirs/),
    ]);
  });

  test('does without values for an installation that there is none of, and says so', async () => {
    const words = ['--suite', 'multi-primary', '--provider', 'embedded', '--install-values', healthy];
    expect((await plan(asked(...words))).notes).toEqual([
      `--install-values ${healthy} is not used: the embedded clusters come with their mesh`,
    ]);
  });

  test('takes clusters that were named before any kind', async () => {
    const words = ['--cluster', `cluster1=${healthy}`, '--cluster', `cluster2=${healthy}`];
    expect((await plan(asked(...words))).provider).toBe('kubeconfig');
  });

  test('stays with the context that a file had when the run was planned, for all that asks for the cluster later', async () => {
    const file = join(folder, 'config');
    const contexts = ['staging', 'production'].map((name) => ({ name, context: { cluster: 'one' } }));
    const config = { contexts, clusters: [{ name: 'one', cluster: { server: 'https://198.51.100.1' } }] };
    const use = (context: string): void => {
      writeFileSync(file, JSON.stringify({ ...config, 'current-context': context }));
    };
    use('staging');
    const named = ['--cluster', `cluster1=${file}`, '--cluster', `cluster2=${file}:production`];
    const { benches, options } = await plan(asked('--suite', 'multi-primary', ...named));
    expect(benches).toHaveLength(2);
    use('production');
    expect(options.cluster.map(({ context }) => context)).toEqual(['staging', 'production']);
    for (const { provider, clusters } of benches) {
      const { signal } = new AbortController();
      const risen = provider.up({ runId: 'x', clusters, directory: folder, signal, say: () => undefined });
      expect(await risen.clusters.get('cluster1')).toMatchObject({ kubeconfig: file, context: 'staging' });
    }
  });

  test('leaves it to preflight to tell of a file that is no kubeconfig', async () => {
    const words = ['--cluster', `cluster1=${healthy}`, '--cluster', `cluster2=${healthy}`];
    const { options } = await plan(asked('--suite', 'multi-primary', ...words));
    expect(options.cluster.map(({ context }) => context)).toEqual([undefined, undefined]);
  });

  test('is the embedded mesh where kind cannot be, and the report says what is missing', async () => {
    vi.stubEnv('PATH', join(folder, 'nothing-here'));
    const { provider, notes } = await plan(asked('--suite', 'multi-primary'));
    expect(provider).toBe('embedded');
    expect(notes).toEqual([
      'the embedded mesh was taken instead of kind: Docker does not answer (docker version); there is no kind (--kind-bin); there is no istioctl (--istioctl-bin)',
    ]);
  });

  test('without Docker takes the embedded mesh', async () => {
    vi.stubEnv('PATH', '');
    const planned = await plan(asked());
    expect(planned.provider).toBe('embedded');
    const cautions = planned.benches.map(({ provider }) => provider.caution ?? '');
    expect(cautions.length).toBeGreaterThan(0);
    expect(
      cautions.filter(
        (text) => !/^Measured on the embedded reference mesh: .*no report of the conf/.test(text),
      ),
    ).toEqual([]);
  });

  describe('of existing clusters with --install-mesh', () => {
    const given = ['cluster1', 'cluster2'].flatMap((name) => ['--cluster', `${name}=${healthy}`]);
    const words = [...given, '--install-mesh', '--suite', 'version-routing'];

    test('refuses to install a second mesh over the first, and says what can be named', async () => {
      expect(await mistakesOf(plan(asked(...words)))).toEqual([
        expect.stringMatching(
          /^--install-mesh .* this run wants 2 that differ; name one:\n {2}--suite version-routing --variant gateways\n {2}--suite version-routing --variant replicated$/,
        ),
      ]);
    });

    test('takes one mesh, for several suites too, and any number of meshes that are there', async () => {
      const one = ['--suite', 'version-routing,multi-primary', '--variant', 'gateways'];
      const { benches } = await plan(asked(...given, '--install-mesh', ...one));
      expect(benches.map(({ suite }) => suite)).toEqual(['version-routing+multi-primary']);
      expect((await plan(asked(...given, '--suite', 'version-routing'))).benches).toHaveLength(2);
    });
  });

  test('refuses what only the embedded mesh can do where another provider was chosen', async () => {
    const words = ['--cluster', `cluster1=${healthy}`, '--time-scale', '0.5'];
    expect(await mistakesOf(plan(asked(...words)))).toEqual([
      '--time-scale is for --provider embedded, and kubeconfig was chosen',
    ]);
  });

  test('cannot go on with nothing', async () => {
    const nowhere = await mistakesOf(plan(asked('--continue', join(folder, 'nowhere'))));
    expect(nowhere).toEqual([
      expect.stringMatching(/^--continue: .*nowhere is not the folder of a run: .*\. See: ls \//),
    ]);
    mkdirSync(join(folder, 'done'));
    cpSync(healthy, join(folder, 'done', 'events.ndjson'));
    const done = await mistakesOf(plan(asked('--continue', join(folder, 'done'))));
    expect(done).toEqual([expect.stringMatching(/no check of run .* is inconclusive/)]);
  });

  test('counts a check once that was decided before, though its scenario is played again', async () => {
    const lines = readFileSync(healthy, 'utf8')
      .replaceAll('/M2/reached', '/M2/reaches')
      .replaceAll('/M2/half-each', '/M2/halves')
      .replace('"type":"plan","checks":18', '"type":"plan","checks":2')
      .split('\n')
      .filter((line) => !line.includes('"type":"check"') || line.includes('"multi-primary/gateways/M2/'))
      .map((line) =>
        line.includes('/M2/halves"')
          ? line.replace('"verdict":"conformant"', '"verdict":"inconclusive"')
          : line,
      );
    mkdirSync(join(folder, 'undecided'));
    writeFileSync(join(folder, 'undecided', 'events.ndjson'), lines.join('\n'));
    const words = ['--cluster', `cluster1=${healthy}`, '--cluster', `cluster2=${healthy}`];
    const again = await plan(asked(...words, '--continue', join(folder, 'undecided')));
    expect(again.earlier?.open).toContain('multi-primary/gateways/M2/halves');
    expect(again.checks).toBe(2);
  });

  test('cannot reuse a run that was not kept', async () => {
    const [mistake] = await mistakesOf(plan(asked('--provider', 'kind', '--reuse', '0101-0000-abc')));
    expect(mistake).toMatch(
      /^--reuse 0101-0000-abc: no such run was kept \(--keep\); kept runs: none\. See: ls \S+\/runs$/,
    );
  });
});

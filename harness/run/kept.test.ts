import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RunState } from '../state/state.ts';
import type { ClusterTopology } from '../topology/topology.ts';
import type { Bench } from './bench.ts';
import { benchDirectory } from './bring-up.ts';
import { keptBenches, keptRun, rememberTopology } from './kept.ts';

const RUN = '0101-0000-aaa';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const bench = (suite: string, names: readonly string[], variant: Bench['variant'] = 'flat'): Bench => ({
  suite,
  variant,
  clusters: names.map((name): ClusterTopology => ({
    name,
    role: 'primary',
    primary: name,
    podSubnet: '10.10.0.0/16',
    serviceSubnet: '10.110.0.0/16',
    network: 'network1',
  })),
  parts: [],
});

const remember = (made: Bench): void => {
  rememberTopology(benchDirectory({ clustersOf: RUN }, made), made);
};

test('the latest that was kept is the one that began last, not one that was killed', () => {
  const made = (id: string, startedAt: string): RunState => {
    const state = new RunState(id);
    state.begin({ provider: 'kind', startedAt, outDirectory: folder });
    const file = join(state.directory, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"pid": \d+/, '"pid": 999999999'));
    return state;
  };
  made('1231-2359-zzz', '2025-12-31T23:59:00Z').keep();
  made('0101-0000-aaa', '2026-01-01T00:00:00Z').keep();
  made('0102-0000-aaa', '2026-01-02T00:00:00Z');
  expect(keptRun('latest')).toBe('0101-0000-aaa');
  expect(keptRun('0102-0000-aaa')).toBe('0102-0000-aaa');
});

test('a run that still goes on has its clusters for itself', () => {
  const state = new RunState(RUN);
  state.begin({ provider: 'kind', startedAt: '2026-01-01T00:00:00Z', outDirectory: folder });
  state.keep();
  expect(() => keptRun('latest')).toThrow(/^--reuse latest: no such run was kept/);
  expect(() => keptRun(RUN)).toThrow(/^--reuse 0101-0000-aaa: no such run was kept/);
});

describe('clusters that a run kept', () => {
  test('are taken for suites that want just these, and for no others', () => {
    remember(bench('a+b', ['cluster1', 'cluster2']));
    const same = bench('b', ['cluster1', 'cluster2']);
    const larger = bench('c', ['cluster1', 'cluster2', 'cluster3']);
    expect(keptBenches(RUN, [larger, same])).toEqual([same]);
    expect(() => keptBenches(RUN, [larger])).toThrow(/^--reuse 0101-0000-aaa: .* no clusters for c\/flat;/);
  });

  test('are not taken for a part of the variants that were named', () => {
    const [flat, gateways] = [bench('a', ['cluster1']), bench('a', ['cluster1', 'cluster2'], 'gateways')];
    remember(flat);
    expect(keptBenches(RUN, [flat, gateways])).toEqual([flat]);
    expect(() => keptBenches(RUN, [flat, gateways], ['flat', 'gateways'])).toThrow(
      '--reuse 0101-0000-aaa: that run kept no clusters for a/gateways; ask for what it played last',
    );
  });

  test('are found where another variant, which wants the same, named them', () => {
    remember(bench('a', ['cluster1'], 'flat'));
    expect(keptBenches(RUN, [bench('b', ['cluster1'], 'multi-primary')])).toEqual([bench('b', ['cluster1'])]);
  });

  test('are not said to be there by the lanes of a run, which have places of their own', () => {
    remember({ ...bench('a', ['cluster1']), lane: 'together' });
    expect(readdirSync(new RunState(RUN).directory)).toEqual(['a-flat-together']);
    expect(() => keptBenches(RUN, [bench('a', ['cluster1'])])).toThrow(/no clusters for a\/flat;/);
  });

  test('by an earlier version, which wrote down nothing, go by the name of the variant', () => {
    mkdirSync(join(new RunState(RUN).directory, 'flat'), { recursive: true });
    expect(keptBenches(RUN, [bench('a', ['cluster1']), bench('a', ['cluster1'], 'gateways')])).toEqual([
      bench('a', ['cluster1']),
    ]);
  });
});

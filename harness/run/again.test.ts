import { expect, test } from 'vitest';
import { parseArguments } from '../options/parse.ts';
import type { RunOptions } from '../options/types.ts';
import { againOf } from './again.ts';
import type { BenchRun } from './run-bench.ts';

function asked(...words: readonly string[]): RunOptions {
  const parsed = parseArguments(['run', ...words], {});
  if ('options' in parsed && parsed.command === 'run') return parsed.options;
  throw new Error(JSON.stringify(parsed));
}

const benches = ['flat', 'gateways'].map(
  (variant) => ({ parts: [{ suite: 'multi-primary', variant }] }) as unknown as BenchRun,
);

test('the command to play again has the provider that was decided on, what decides what is seen, and the seed', () => {
  const options = asked('--time-scale', '0.2', '--defect', 'errors=0.1', '--scale-within', '3s', '--json');
  expect(againOf({ provider: 'embedded', benches }, { options, seed: 7, clustersOf: 'ID' })).toEqual({
    command:
      'npx meshproof run --provider embedded --time-scale 0.2 --defect errors=0.1 --scale-within 3s --seed 7',
    ownsClusters: true,
  });
});

test('of a kept run it takes the clusters of what was played last, quoted for a shell', () => {
  const made = againOf(
    { provider: 'kind', benches },
    { options: asked('--keep', '--out', 'x'), seed: 7, clustersOf: 'ID' },
  );
  expect(made.kept).toEqual({ places: ['multi-primary/gateways'], words: '--reuse ID --keep' });
  const options = asked('--keep', '--cluster', 'cluster1=a b:c');
  const existing = againOf({ provider: 'kubeconfig', benches }, { options, seed: 7, clustersOf: 'ID' });
  expect(existing.command).toContain("--cluster 'cluster1=a b:c'");
  expect(existing.kept?.words).toBe('--keep');
});

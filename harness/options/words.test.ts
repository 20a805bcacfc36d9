import { expect, test } from 'vitest';
import { defaultOptions, parseArguments } from './parse.ts';
import type { RunOptions } from './types.ts';
import { wordsOf } from './words.ts';

const everyForm = [
  ['--provider', 'embedded'],
  ['--time-scale', '0.2'],
  ['--defect', 'other-root', '--defect', 'errors=0.1'],
  ['--cluster', 'cluster1=a b.yaml:gke_a:b', '--cluster', 'cluster2=c'],
  ['--allow-disruption'],
  ['--image', 'sleep=example.org/sleep:1'],
  ['--injection-label', 'istio.io/rev=a'],
  ['--namespace-label', 'env=test', '--namespace-label', 'team=mesh'],
  ['--timeout', '1m30s'],
  ['--seed', '0'],
];

function read(words: readonly string[]): RunOptions {
  const parsed = parseArguments(['run', ...words], {});
  if ('options' in parsed && parsed.command === 'run') return parsed.options;
  throw new Error(JSON.stringify(parsed));
}

const fieldOf = (flag: string): keyof RunOptions =>
  flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof RunOptions;

test.each(everyForm)('what was asked for is written as it was: %s', (...words) => {
  expect(wordsOf(read(words), [fieldOf(words[0] ?? '')])).toEqual(words);
});

test('what is as by default is not written', () => {
  const options = defaultOptions();
  expect(wordsOf(options, Object.keys(options) as (keyof RunOptions)[])).toEqual([]);
});

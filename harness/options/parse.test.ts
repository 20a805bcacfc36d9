import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultOptions, parseArguments, type Arguments, type Environment } from './parse.ts';
import { environmentName, flagName, rows } from './table.ts';

/** What `meshproof …` asks for; fails with the mistakes if it has any. */
function parsed(line: string, env: Environment = {}): Arguments {
  const result = parseArguments(line.split(' ').filter(Boolean), env);
  if (!('command' in result)) throw new Error(JSON.stringify(result));
  return result;
}

/** All mistakes of a command line, a line each; nothing if it has none. */
function mistakes(line: string, env: Environment = {}): string {
  const result = parseArguments(line.split(' ').filter(Boolean), env);
  return 'mistakes' in result ? result.mistakes.join('\n') : '';
}

describe('a command line', () => {
  it('without options gives the defaults', () => {
    expect(parsed('run')).toEqual({ command: 'run', options: defaultOptions(), warnings: [] });
    expect(parsed('doctor').options).toEqual(defaultOptions());
    expect(defaultOptions()).toMatchObject({
      suite: ['all'],
      provider: 'auto',
      scaleWithin: 2_000,
      outageErrors: 5,
    });
    expect(Object.keys(defaultOptions())).not.toContain('list');
  });

  it('repeats lists, and lets the last of anything else count', () => {
    expect(parsed('run --suite a --suite=b --rate 1 --rate 2.5').options).toMatchObject({
      suite: ['a', 'b'],
      rate: 2.5,
    });
  });

  it('takes several suites at once, between commas or repeated', () => {
    expect(parsed('run --suite a,b --suite c').options).toMatchObject({ suite: ['a', 'b', 'c'] });
    expect(parsed('run', { MESHPROOF_SUITE: 'a, b' }).options).toMatchObject({ suite: ['a', 'b'] });
    expect(mistakes('run --suite a,,b')).toBe(
      '--suite a,,b: expected names, with one comma between two of them',
    );
  });

  it('takes a shard, of a plan that has it', () => {
    expect(parsed('run --shard 2/3').options).toMatchObject({ shard: { index: 2, of: 3 } });
    expect(parsed('list --shard 1/1').options).toMatchObject({ shard: { index: 1, of: 1 } });
  });

  it.each([
    ['3', 'expected I/N, such as 1/3'],
    ['a/b', 'expected I/N, such as 1/3'],
    ['-1/3', 'expected I/N, such as 1/3'],
    ['1/2.5', 'expected I/N, such as 1/3'],
    ['1/0', 'expected I/N with N of at least 1'],
    ['0/3', 'expected I/N with I from 1 to 3'],
    ['4/3', 'expected I/N with I from 1 to 3'],
  ])('has no shard %s', (given, mistake) => {
    expect(mistakes(`run --shard=${given} --seed x`).split('\n')).toEqual([
      `--shard ${given}: ${mistake}`,
      expect.stringMatching(/^--seed x: /),
    ]);
  });

  it('ends FILE of a cluster at the first colon and its name at the first =', () => {
    expect(parsed('run --cluster c1=/a=b:arn:aws:eks/x --cluster c2=k.yaml').options).toMatchObject({
      cluster: [
        { name: 'c1', file: '/a=b', context: 'arn:aws:eks/x' },
        { name: 'c2', file: 'k.yaml' },
      ],
    });
  });

  it('gathers images, labels, and a reuse without a run', () => {
    const line =
      'run --image sleep=r.example/sleep:1 --image a=b=c --injection-label istio.io/rev=canary --reuse --keep';
    expect(parsed(line).options).toMatchObject({
      image: { sleep: 'r.example/sleep:1', a: 'b=c' },
      injectionLabel: { key: 'istio.io/rev', value: 'canary' },
      reuse: 'latest',
      keep: true,
    });
    expect(parsed('run --namespace-label env=test --namespace-label a.example/b=c').options).toMatchObject({
      namespaceLabel: { env: 'test', 'a.example/b': 'c' },
    });
    expect(parsed('run --reuse r1').options).toMatchObject({ reuse: 'r1' });
  });

  it('with --list is the command list', () => {
    expect(parsed('run --list --suite a')).toMatchObject({ command: 'list', options: { suite: ['a'] } });
    expect(parsed('run --list').options).not.toHaveProperty('list');
  });

  it('takes the argument of judge, clean and report', () => {
    expect(parsed('judge --rule {} -')).toMatchObject({
      command: 'judge',
      options: { rule: '{}', file: '-' },
    });
    expect(parsed('judge --rule {} --since 2026-01-31T12:00:00.250Z -').options).toMatchObject({
      since: Date.UTC(2026, 0, 31, 12, 0, 0, 250),
    });
    expect(parsed('clean')).toMatchObject({ command: 'clean', options: { kindBin: 'kind' } });
    expect(parsed('clean r1')).toMatchObject({ command: 'clean', options: { runId: 'r1' } });
    expect(parsed('report dir --json')).toMatchObject({
      command: 'report',
      options: { dir: 'dir', json: true },
    });
  });
});

describe('flags go before the environment, the environment before defaults', () => {
  const env = {
    MESHPROOF_SUITE: 'a, b',
    MESHPROOF_KEEP: 'true',
    MESHPROOF_TIMEOUT: '1m',
    MESHPROOF_SEED: '',
  };

  it('for every kind of value', () => {
    expect(parsed('run', env).options).toMatchObject({ suite: ['a', 'b'], keep: true, timeout: 60_000 });
    expect(parsed('run --suite c --no-keep --timeout 2m', env).options).toMatchObject({
      suite: ['c'],
      keep: false,
      timeout: 120_000,
    });
    expect(parsed('run', env).options).not.toHaveProperty('seed');
  });

  it('and NO_COLOR turns colours off unless a flag asks for them', () => {
    expect(parsed('run', { NO_COLOR: '1' }).options).toMatchObject({ color: false });
    expect(parsed('run --no-color').options).toMatchObject({ color: false });
    expect(parsed('run --color', { NO_COLOR: '1' }).options).toMatchObject({ color: true });
  });

  it('an unknown variable of ours is a warning with the one that was meant', () => {
    expect(parsed('run', { MESHPROOF_KEP: '1', MESHPRO: 'x', MESHPROOF_DEBUG: '1' }).warnings).toEqual([
      'MESHPROOF_KEP is no option of meshproof and has no effect (did you mean MESHPROOF_KEEP?)',
    ]);
  });

  it('a malformed variable is a mistake that names it, and a flag hides it', () => {
    expect(mistakes('run', { MESHPROOF_RATE: 'fast' })).toBe(
      'MESHPROOF_RATE=fast: expected a number from 0.5 to 100',
    );
    expect(mistakes('run', { MESHPROOF_KEEP: 'constructor' })).toContain('expected true or false');
    expect(mistakes('run --rate 1', { MESHPROOF_RATE: 'fast' })).toBe('');
  });
});

describe('mistakes', () => {
  it.each([
    ['', 'expected a command; commands: run, list, doctor, judge, clean, report'],
    ['runn', 'unknown command runn (did you mean run?)'],
    ['--json run', 'expected a command before --json'],
    ['run --sute x', 'unknown option --sute (did you mean --suite?)'],
    ['run --sute x', 'run takes --list --suite --scenario'],
    ['list --keep', '--keep is an option of run only'],
    ['run multi-primary', 'unexpected argument multi-primary: run takes none'],
    ['run --json=yes', '--json takes no value'],
    ['run --suite', '--suite: expected a value'],
    ['run --suite --json', '--suite: expected a value'],
    ['run --provider knd', '--provider knd: expected one of auto, embedded, kind, kubeconfig'],
    ['run --rate 0', '--rate 0: expected a number from 0.5 to 100'],
    ['run --seed -1', '--seed -1: expected a whole number from 0 to 4294967295'],
    ['run --seed 1.5', '--seed 1.5: expected a whole number'],
    ['run --timeout 0s', '--timeout 0s: expected a duration such as'],
    ['run --cluster c1', '--cluster c1: expected NAME=FILE or NAME=FILE:CONTEXT'],
    ['run --cluster c1=a --cluster c1=b', '--cluster: c1 is given more than once'],
    ['run --image a=b --image a=c', '--image: a is given more than once'],
    ['run --namespace-label a=b --namespace-label a=c', '--namespace-label: a is given more than once'],
    ['run --injection-label x', '--injection-label x: expected a label, KEY=VALUE'],
    ['run --image-pull-secret x', '--image-pull-secret x: expected NAMESPACE/NAME'],
    ['run --provider kubeconfig', 'needs the clusters: --cluster NAME=FILE[:CONTEXT]'],
    ['run --provider kind --cluster a=b', '--provider kind makes its own'],
    ['run --continue d --dry-run', 'leave one of them out'],
    ['run --json --dry-run', 'leave out --json'],
    ['run --cluster a=b --installer i', 'add --install-mesh, or leave it out'],
    ['run --max-duration 600h', '--max-duration 600h: expected a duration such as'],
    ['judge x', 'judge needs --rule RULE'],
    ['judge --rule {}', 'judge needs FILE|-'],
    ['judge --rule {} --since noon -', '--since noon: expected a time such as'],
    ['report', 'report needs RUN-DIR'],
    ['clean a b', 'unexpected argument b'],
  ])('meshproof %s', (line, expected) => {
    expect(mistakes(line)).toContain(expected);
  });

  it('are told all at once', () => {
    const line = 'run --sute x --json=1 stray --seed --provider knd --rate -5 --scale-within 2x';
    const told = mistakes(line, { MESHPROOF_KEEP: 'maybe' });
    for (const part of [
      '--sute',
      '--json',
      'stray',
      '--seed',
      'knd',
      '--rate -5',
      '2x',
      'MESHPROOF_KEEP=maybe',
    ]) {
      expect(told).toContain(part);
    }
  });

  it('never come as an exception, whatever the arguments', () => {
    const flags = rows.map(([field]) => `--${flagName(field)}`);
    const word = fc.oneof(fc.constantFrom(...flags, '--', '-', '-x', '--help', '--no-keep'), fc.string());
    fc.assert(
      fc.property(fc.constantFrom('run', 'judge', 'clean'), fc.array(word), (command, words) => {
        expect(parseArguments([command, ...words], {})).toBeTypeOf('object');
      }),
    );
  });
});

describe('the help', () => {
  it('of a command has each of its options, its default and its variable', () => {
    const result = parseArguments(['run', '--help'], {});
    const help = 'help' in result ? result.help.replaceAll(/\s+/g, ' ') : '';
    for (const [field, row] of rows) {
      if (!row.commands.includes('run')) continue;
      expect(help).toContain(row.fallback === true ? `--no-${flagName(field)}` : `--${flagName(field)}`);
      expect(help).toContain(environmentName(field));
    }
    expect(help).toContain('(default: 15s; MESHPROOF_OUTAGE_WITHIN)');
    expect(help).toContain('--reuse [RUN-ID]');
  });

  it('of the whole has every command and the exit codes', () => {
    expect(parseArguments(['--help'], {})).toEqual({
      help: expect.stringMatching(/doctor[^]*Exit: 0 conformant/) as string,
    });
    expect(parseArguments(['--version'], {})).toEqual({
      help: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    });
  });

  it('and the comments of RunOptions state the defaults that the table has', () => {
    const source = readFileSync(new URL('types.ts', import.meta.url), 'utf8');
    const comments = source.matchAll(/@default (.+) \*\/\n {2}readonly (\w+)\??:/g);
    const stated = new Map([...comments].map(([, text = '', field = '']) => [field, text]));
    for (const [field, row] of rows) {
      if (field === 'list' || field === 'rule') continue;
      const asText =
        row.fallback === undefined || row.kind === 'duration'
          ? row.fallbackText
          : JSON.stringify(row.fallback);
      expect({ field, default: stated.get(field) }).toEqual({ field, default: asText });
    }
  });
});

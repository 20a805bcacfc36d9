/** The command as users start it: a process of its own, of which only output and exit code are seen. */
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command where neither Docker nor any cluster can be reached. */
function meshproof(
  words: readonly string[],
  more: { input?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const { input = '', env = {} } = more;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, 'scripts', 'meshproof.js'), ...words],
      {
        cwd: folder,
        maxBuffer: 2 ** 26,
        env: { PATH: dirname(process.execPath), HOME: folder, ...env },
        timeout: 40_000,
      },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, stdout, stderr });
      },
    );
    child.stdin?.on('error', () => undefined).end(input);
  });
}

const half = '{"kind":"distribution","weights":{"v1":1,"v2":1}}';
const inTurn = (count: number): string => 'v1\nv2\n'.repeat(count / 2);

describe('judge', () => {
  test.each([
    ['half each', half, inTurn(1000), 0, 'conformant'],
    ['one version alone', half, 'v1\n'.repeat(1000), 1, 'non-conformant'],
    ['too few answers', half, inTurn(20), 3, 'inconclusive'],
    [
      'an error for each second answer',
      '{"kind":"errorRate","below":0.01}',
      'v1\nerror\n'.repeat(500),
      1,
      'non-conformant',
    ],
  ])('of %s', async (_what, rule, input, code, verdict) => {
    const ended = await meshproof(['judge', '--rule', rule, '-'], { input });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict });
  });

  test('by a rule with two mistakes names both, and judges nothing', async () => {
    const rule = '{"kind":"exclusive","leakLimit":2}';
    const { code, stdout, stderr } = await meshproof(['judge', '--rule', rule, '-'], { input: inTurn(10) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/label/);
    expect(stderr).toMatch(/leakLimit/);
    expect(stderr).toMatch(/\nSee: npx meshproof judge --help\n$/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('says how many lines are no answers', async () => {
    const input = '{\n"run": 1,\n{"label":"v1"}\n';
    const { stdout, stderr } = await meshproof(['judge', '--rule', half, '-'], { input });
    expect(stderr).toMatch(/^warning: 2 of 3 lines of - are no answers, and count as lost calls; expected /);
    expect(JSON.parse(stdout)).toMatchObject({ total: 3, counts: { error: 2, v1: 1 } });
  });

  test('of what cannot be read is a mistake, no verdict', async () => {
    const { code, stderr } = await meshproof(['judge', '--rule', half, '.']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^\. cannot be read as a file with answers: /);
  });

  test('of a file that is not there', async () => {
    const { code, stderr } = await meshproof(['judge', '--rule', half, 'nowhere.txt']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no file nowhere.txt');
  });
});

describe('what is asked for wrongly', () => {
  test('an unknown suite, with what there is', async () => {
    const { code, stderr } = await meshproof(['run', '--suite', 'nonsense']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^unknown suite nonsense; suites: .*multi-primary.*, all\. See: npx meshproof list\n$/,
    );
  });

  test('a suite beside values that cannot be read, and where it is shown what there is', async () => {
    const { code, stderr } = await meshproof([
      'run',
      '--suite',
      'nonsense',
      '--rate',
      '-5',
      '--provider',
      'knd',
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^unknown suite nonsense; suites: /m);
    expect(stderr).toMatch(/^--provider knd: .*\(did you mean kind\?\)$/m);
    expect(stderr).toMatch(/\nSee: npx meshproof run --help\n$/);
  });

  test('a defect that is nearly there, without all the others', async () => {
    const { stderr } = await meshproof(['run', '--provider', 'embedded', '--defect', 'header-match-ignred']);
    expect(stderr).toBe(
      '--defect header-match-ignred: there is no such defect (did you mean header-match-ignored?). ' +
        'See: npx meshproof run --defect list\n',
    );
  });

  test('all of it at once, also of a run that is only printed', async () => {
    const wrong = ['--suite', 'nonsense', '--installer', '/nowhere', '--defect', 'nonsense'];
    for (const how of [[], ['--dry-run']]) {
      const { code, stdout, stderr } = await meshproof(['run', '--provider', 'embedded', ...wrong, ...how]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/unknown suite nonsense/);
      expect(stderr).toMatch(/--installer: there is no file \/nowhere/);
      expect(stderr).toMatch(/--defect nonsense/);
    }
  });

  test('an unknown option, with the right one', async () => {
    const { code, stderr } = await meshproof(['run', '--sute', 'all']);
    expect(code).toBe(2);
    expect(stderr).toContain('--suite');
  });

  test('kind clusters without Docker', async () => {
    const { code, stderr } = await meshproof(['run', '--suite', 'multi-primary', '--provider', 'kind']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/docker/i);
  });
});

test('a run that cannot write down what it makes ends, with the remedy', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const { code, stderr } = await meshproof(['run', '--suite', 'multi-primary', '--provider', 'embedded'], {
    env: { XDG_STATE_HOME: join(file, 'state') },
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /file\/state\/meshproof is none: .* Name one .*: export XDG_STATE_HOME=DIRECTORY\n$/,
  );
});

describe('what touches nothing', () => {
  test('the list is JSON with every check, its rule and cost', async () => {
    const { code, stdout } = await meshproof(['list', '--suite', 'multi-primary', '--json']);
    expect(code).toBe(0);
    const checks = JSON.parse(stdout) as { id: string; rule: string; maxRequests: number | null }[];
    expect(checks.length).toBeGreaterThan(50);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(checks.filter(({ rule }) => rule === '')).toEqual([]);
    expect(checks.some(({ maxRequests }) => maxRequests !== null && maxRequests > 100)).toBe(true);
  });

  test('a dry run prints manifests that are YAML, after the plan', async () => {
    const words = ['run', '--suite', 'multi-primary', '--variant', 'gateways', '--dry-run'];
    const { code, stdout, stderr } = await meshproof(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const yaml = stdout.slice(stdout.indexOf('\n---\n'));
    const documents = parseAllDocuments(yaml);
    if ('empty' in documents) throw new Error('documents were expected');
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    const kinds = documents.map((document) => document.get('kind'));
    expect(new Set(kinds)).toContain('IstioOperator');
    expect(kinds.filter((kind) => kind === 'Cluster')).toHaveLength(2);
    expect(kinds).toContain('Deployment');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('help is given without a cluster', async () => {
    const { code, stdout } = await meshproof(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('judge');
  });
});

describe('the doctor', () => {
  test('without Docker says so, with a remedy, and exits 2', async () => {
    const { code, stdout, stderr } = await meshproof([
      'doctor',
      '--provider',
      'kind',
      '--suite',
      'multi-primary',
    ]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^error docker: /m);
    expect(stdout).toMatch(/problems stand in the way of \d+ checks with --provider kind/);
    expect(stderr).toBe('');
  });

  test('as JSON holds every finding', async () => {
    const fakes = join(root, 'fixtures', 'bin');
    const env = { PATH: [fakes, dirname(process.execPath)].join(delimiter), FAKE_DOCKER: 'down' };
    const { code, stdout } = await meshproof(['doctor', '--provider', 'kind', '--json'], { env });
    const { findings } = JSON.parse(stdout) as { findings: { severity: string; subject: string }[] };
    expect(code).toBe(2);
    expect(findings).toContainEqual(expect.objectContaining({ severity: 'error', subject: 'docker' }));
  });
});

describe('the report of a run', () => {
  test.each([
    ['broken', 1, 'non-conformant'],
    ['interrupted', 130, 'inconclusive'],
    ['killed', 3, 'inconclusive'],
  ])('that is %s', async (name, code, verdict) => {
    const run = join(folder, name);
    mkdirSync(run);
    cpSync(join(root, 'fixtures', 'events', `${name}.ndjson`), join(run, 'events.ndjson'));
    const ended = await meshproof(['report', run, '--json']);
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict });
    expect(readdirSync(run).sort()).toEqual(['events.ndjson', 'junit.xml', 'report.json', 'summary.md']);
  });

  test('is not made of events whose beginning is missing: what is left is not all that was planned', async () => {
    const run = join(folder, 'tail');
    mkdirSync(run);
    const events = readFileSync(join(root, 'fixtures', 'events', 'healthy.ndjson'), 'utf8');
    writeFileSync(join(run, 'events.ndjson'), events.slice(-6000));
    const { code, stdout, stderr } = await meshproof(['report', run]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('the line "run-started" is missing');
    expect(readdirSync(run)).toEqual(['events.ndjson']);
  });

  test('is not to be had of another folder', async () => {
    writeFileSync(join(folder, 'notes.txt'), '');
    const { code, stderr } = await meshproof(['report', folder]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/is not the folder of a run: .*\. See: ls \/\S*\n$/);
  });
});

describe('going on with a run', () => {
  /** The folder of a run that was killed when it had judged all that it had planned, and maybe more had been planned. */
  function killed(...more: readonly string[]): string {
    const events = readFileSync(join(root, 'fixtures', 'events', 'healthy.ndjson'), 'utf8');
    const ids = [...events.matchAll(/"check":\{"id":"([^"]+)"/g)].map(([, id]) => id);
    const planned = JSON.stringify({ checks: ids.length + more.length, ids: [...ids, ...more] }).slice(1, -1);
    const run = join(folder, 'killed');
    mkdirSync(run);
    const lines = events.replace('"checks":18', planned).split('\n');
    const text = lines.filter((line) => !line.includes('"type":"run-ended"')).join('\n');
    writeFileSync(join(run, 'events.ndjson'), text);
    return run;
  }

  /** Its own log afterwards: verdict and exit code at the end. */
  async function goOn(directory: string): Promise<readonly [Ended['code'], unknown]> {
    const words = ['--provider', 'embedded', '--out', 'out', '--continue', directory];
    const { code } = await meshproof(['run', ...words]);
    const lines = readFileSync(join(folder, 'out', 'latest', 'events.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    return [code, JSON.parse(lines.at(-1) ?? '')];
  }

  test('of which nothing is left to play ends as it does, and its log says so', async () => {
    const [code, end] = await goOn(killed());
    expect(code).toBe(0);
    expect(end).toMatchObject({ type: 'run-ended', verdict: 'conformant', exitCode: 0 });
  });

  test('keeps the evidence of a check that it does not get to play', async () => {
    const run = killed();
    const file = join(run, 'events.ndjson');
    const lines = readFileSync(file, 'utf8').split('\n');
    const changed = lines.map((line) =>
      line.includes('"check":{"id":"multi-primary/flat/M2/half-each"')
        ? line
            .replace('"verdict":"conformant"', '"verdict":"inconclusive"')
            .replace('"evidence":{', '"evidence":{"snapshot":{"seen":"so far"},')
        : line,
    );
    writeFileSync(file, changed.join('\n'));
    const [code] = await goOn(run);
    expect(code).toBe(3);
    const again = readFileSync(join(folder, 'out', 'latest', 'events.ndjson'), 'utf8');
    expect(again).toContain('"snapshot":{"seen":"so far"}');
  });

  test('of which something cannot be played is not green', async () => {
    const [code, end] = await goOn(killed('multi-primary/flat/M99/no-more'));
    expect(code).toBe(3);
    expect(end).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });
  });
});

test('a reader that is gone is no reason to break', async () => {
  const child = spawn(process.execPath, [join(root, 'scripts', 'meshproof.js'), 'list'], {
    cwd: folder,
    env: { PATH: dirname(process.execPath), HOME: folder },
  });
  child.stdout.destroy();
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, said: said.join('') }).toEqual({ code: 0, said: '' });
});

test('where nothing was left, there is nothing to clean', async () => {
  const { code, stdout } = await meshproof(['clean']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'nothing to clean\n' });
});

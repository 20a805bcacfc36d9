import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { staleness } from './generated.ts';
import { yamlProblems } from './manifests.ts';
import { optionalProgram, program } from './program.ts';
import { wordProblems } from './words.ts';

describe('manifests', () => {
  const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\n';

  it('may hold several objects, and end in a separator', () => {
    expect(yamlProblems('fixtures/a.yaml', `# about it\n${service}---\n${service}`)).toEqual([]);
  });

  it.each([
    ['', 'holds no object'],
    [`${service}---\nkind: Service\n`, '(document 2): expected apiVersion'],
    ['apiVersion: v1\nkind: on\n', '(document 1): expected kind'],
    ['apiVersion: v1\n kind: x: y\n', '(document 1): '],
    ['- a\n- b\n', 'expected apiVersion'],
  ])('%j is a problem', (text, expected) => {
    expect(yamlProblems('fixtures/a.yaml', text).join('\n')).toContain(expected);
  });

  it('may be parts of an object where the check names them', () => {
    const part = 'name: istio-eastwestgateway\n';
    expect(yamlProblems('harness/mesh/istio/manifests/east-west-gateway.yaml', part)).toEqual([]);
    expect(yamlProblems('harness/mesh/istio/manifests/other.yaml', part)).toHaveLength(2);
  });

  it('that are topologies are read as such', () => {
    expect(yamlProblems('suites/x/topology.yaml', 'clusters: []').join('\n')).toContain(
      'suites/x/topology.yaml:1:11: clusters: expected at least two clusters',
    );
  });
});

describe('words', () => {
  // In parts, or the check would find them here.
  const path = ['', 'root', 'file'].join('/');
  const outside = ['..', 'shared', 'notes'].join('/');
  const registry = ['registry', 'npmjs', 'org'].join('.');
  const suppression = ['// eslint', 'disable', 'next', 'line no-console'].join('-');

  it.each([
    [`see https://${registry}/x`, 'names the host of a package registry'],
    [`read('${path}')`, 'is a path of one machine'],
    [outside, 'lies outside of the project'],
    [suppression, 'is a suppression without its reason'],
  ])('%s is a problem with its line', (line, expected) => {
    const [problem = ''] = wordProblems('harness/a.ts', `first\n${line}\n`);
    expect(problem).toMatch(/^harness\/a\.ts:2: /);
    expect(problem).toContain(expected);
  });

  it.each([
    'https://github.com/kubernetes-sigs/kind/releases',
    'docker.io/istio/x:1.0',
    'harness/work/a.ts',
    `~${path}`,
    `${suppression} -- this is the command line`,
  ])('%s is none', (line) => {
    expect(wordProblems('harness/a.ts', line)).toEqual([]);
  });

  it('let only a lock file not name where packages were found', () => {
    const line = '  "resolved": "https://x/y.tgz"';
    expect(wordProblems('package-lock.json', line)).toEqual([
      expect.stringContaining('names hosts') as string,
    ]);
    expect(wordProblems('harness/a.ts', line)).toEqual([]);
  });

  it('let benchmarks speak of what lies outside', () => {
    expect(wordProblems('scripts/bench/a.sh', outside)).toEqual([]);
    expect(wordProblems('scripts/a.sh', outside)).toHaveLength(1);
  });
});

describe('generated files', () => {
  it('are stale when they differ from what would be made, missing when they are not there', async () => {
    const make = () => Promise.resolve('{"a":1}');
    expect(await staleness({ file: 'package.json', make })).toEqual([
      expect.stringContaining('is stale') as string,
    ]);
    expect(await staleness({ file: 'no/such.json', make })).toEqual([
      expect.stringContaining('is missing') as string,
    ]);
  });
});

describe('programs', () => {
  it('that fail are a problem with what they printed', async () => {
    const found = await program('prettier', ['--check', 'no/such.ts']).run();
    expect(JSON.stringify(found)).toMatch(/problems.*no\/such\.ts/);
  });

  it('that are not there are skipped, and said to be', async () => {
    expect(await optionalProgram('no-such-program', ['x']).run()).toEqual({
      skipped: 'no no-such-program on the PATH',
    });
  });
});

describe('import boundaries', () => {
  const eslint = new ESLint({
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
    ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-imports',
  });

  /** What the project's own configuration says about an import in a file. */
  async function complaints(filePath: string, from: string): Promise<string> {
    const [result] = await eslint.lintText(`import x from '${from}';\n`, { filePath });
    return (result?.messages ?? []).map(({ message }) => message).join('\n');
  }

  it.each([
    ['harness/topology/x.ts', '../provider/types.ts'],
    ['harness/cluster/x.ts', '../mesh/types.ts'],
    ['harness/mesh/istio/x.ts', '../../traffic/x.ts'],
    ['harness/deploy/x.ts', '../play/scene.ts'],
    ['harness/wait/x.ts', '../cluster/cluster.ts'],
    ['harness/options/rows/x.ts', '../../topology/cidr.ts'],
    ['harness/verdict/x.ts', '../options/closest.ts'],
    ['harness/verdict/numerics/x.ts', 'node:fs'],
    ['harness/mesh/x.ts', '@kubernetes/client-node'],
    ['harness/report/x.ts', 'undici'],
    ['harness/provider/kind/x.ts', 'execa'],
    ['harness/play/x.ts', 'execa'],
  ])('%s must not import %s', async (file, from) => {
    expect(await complaints(file, from)).toMatch(/may import only|[Oo]nly|nothing but/);
  });

  it.each([
    ['harness/provider/kind/x.ts', '../../topology/cidr.ts'],
    ['harness/provider/kind/x.ts', '../types.ts'],
    ['harness/report/x.ts', '../verdict/x.ts'],
    ['harness/traffic/x.ts', '../verdict/types.ts'],
    ['harness/traffic/x.ts', 'undici'],
    ['harness/command/x.ts', 'execa'],
    ['harness/verdict/numerics/x.ts', '../types.ts'],
    ['harness/verdict/x.ts', 'zod'],
    ['harness/options/version.ts', '../../package.json'],
    ['harness/topology/x.test.ts', '../provider/types.ts'],
    ['harness/run/x.ts', '../report/write.ts'],
  ])('%s may import %s', async (file, from) => {
    expect(await complaints(file, from)).toBe('');
  });
});

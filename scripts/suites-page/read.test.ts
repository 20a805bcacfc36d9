import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSuites, type SuiteFacts } from './read.ts';

const topology = `clusters:
  - { name: c1, role: primary, podSubnet: 10.1.0.0/16, serviceSubnet: 10.101.0.0/16 }
  - { name: c2, role: primary, podSubnet: 10.2.0.0/16, serviceSubnet: 10.102.0.0/16 }
variants:
  flat: { c1: n1, c2: n1 }
  gateways: { c1: n1, c2: n2 }
`;
const common = `title: 'A title', document: 'the page', apps: {}`;
const fact = `{ level: 'core', sentence: 'A fact', subject: { kind: 'fact' } }`;

let root = '';
let suite: SuiteFacts | undefined;

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'suites-page-'));
  write('suites/a/topology.yaml', topology);
  write(
    'suites/a/varied/scenario.ts',
    `export default { claim: 'M1', disruptive: true, ${common}, checks: ({ bounds, variant }) => ({
      same: ${fact},
      bound: { level: 'core', sentence: 'In time', subject: { kind: 'return', labels: ['v1'], withinMs: bounds.returnWithinMs } },
      other: { level: 'extended', sentence: variant, subject: { kind: 'answers', rule: { kind: 'exclusive', label: 'v1', risk: { falsePass: 0.01 } } } },
      ...(variant === 'gateways' ? { door: ${fact} } : {}),
      gone: { level: 'core', sentence: 'Taken over', subject: { kind: 'takeover', rule: { kind: 'failover', from: 'v1', to: 'v2', withinMs: 2000, maxErrors: 3 } } },
    }) };\n`,
  );
  write(
    'suites/a/only-flat/scenario.ts',
    `export default { claim: 'M2', variants: ['flat'], ${common}, checks: () => ({ same: ${fact} }) };\n`,
  );
  [suite] = await readSuites(root);
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const rows = (folder: string): unknown[] =>
  (suite?.scenarios.find((one) => one.folder === folder)?.checks ?? []).map(({ id, variants, sentence }) => [
    id,
    variants.join(),
    sentence,
  ]);

describe('a page reads', () => {
  test('scenarios by the number of their claim, though those that disrupt run last', () => {
    expect(suite?.scenarios.map(({ claim }) => claim)).toEqual(['M1', 'M2']);
  });

  test('a check that is the same in all variants once, one that differs for each of them', () => {
    expect(rows('varied')).toEqual([
      ['M1/same', 'flat,gateways', 'A fact'],
      ['M1/bound', 'flat,gateways', 'In time'],
      ['M1/other', 'flat', 'flat'],
      ['M1/other', 'gateways', 'gateways'],
      ['M1/gone', 'flat,gateways', 'Taken over'],
      ['M1/door', 'gateways', 'A fact'],
    ]);
  });

  test('nothing in variants that a scenario is not about', () => {
    expect(rows('only-flat')).toEqual([['M2/same', 'flat', 'A fact']]);
  });

  test('the declared error rates, the budget and the default bounds', () => {
    const bases = Object.fromEntries(
      suite?.scenarios.flatMap(({ checks }) => checks.map(({ id, basis }) => [id, basis])) ?? [],
    );
    expect(bases).toEqual({
      'M1/same': { kind: 'look' },
      'M1/bound': { kind: 'clock', falsePass: null },
      'M1/other': { kind: 'sample', risk: { falsePass: 0.01, falseFail: 1e-6 }, maxCalls: 475 },
      'M1/gone': { kind: 'clock', falsePass: 1e-3 },
      'M1/door': { kind: 'look' },
      'M2/same': { kind: 'look' },
    });
    const bound = suite?.scenarios[0]?.checks.find(({ id }) => id === 'M1/bound');
    expect(bound?.rule).toBe('v1 answer again within 15 s');
  });

  test('or says which suite cannot be read, and why', async () => {
    write('suites/b/topology.yaml', 'clusters: []\n');
    await expect(readSuites(root)).rejects.toThrow(/^suites\/b cannot be read: .*at least two clusters/s);
  });
});

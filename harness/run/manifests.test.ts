import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Selected } from '../select.ts';
import { manifestMistakes, manifestsOf } from './manifests.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifests-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string): void => {
  writeFileSync(join(folder, name), text);
};
const RULE = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\n';

/** A scenario of that folder which begins with these applications. */
const selected = (...apps: readonly string[]): Selected =>
  ({
    file: { file: join(folder, 'scenario.ts'), suite: 'mine', name: 'first' },
    scenario: { apps: { cluster1: apps } },
  }) as unknown as Selected;

test('manifests are those that clusters begin with, and what else lies beside the scenario', () => {
  write('rule.yaml', RULE);
  write('notes.txt', 'nothing to apply');
  const found = manifestsOf(selected('sleep')).map(({ name, cluster }) => [name, cluster]);
  expect(found).toEqual([
    ['sleep', 'cluster1'],
    ['rule', undefined],
  ]);
});

test('sound ones have no mistakes, nor has one without objects', () => {
  write('rule.yaml', `${RULE}---\n# nothing\n`);
  expect(manifestMistakes([{ scenarios: [selected('sleep', 'helloworld-v1')] }])).toEqual([]);
});

test('all mistakes are told, each once, with the file', () => {
  write('broken.yaml', 'kind: [VirtualService\n');
  write('list.yaml', `${RULE}---\nkind: List\napiVersion: v1\nitems: []\n`);
  const mistakes = manifestMistakes([
    { scenarios: [selected('nothing', 'broken')] },
    { scenarios: [selected('nothing')] },
  ]);
  expect(mistakes).toEqual([
    expect.stringMatching(/^no manifest nothing: expected .*nothing\.yaml or .*nothing\.yaml$/),
    expect.stringMatching(/^.*broken\.yaml: Flow sequence/),
    expect.stringMatching(
      /^.*list\.yaml: expected an object with apiVersion, kind and metadata\.name, object 2 is none/,
    ),
  ]);
});

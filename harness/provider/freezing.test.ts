import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RunState } from '../state/state.ts';
import { freezeWith } from './freezing.ts';
import type { Frozen } from './types.ts';

const fakes = fileURLToPath(new URL('../../fixtures/bin', import.meta.url));
const CONTAINER = 'meshproof-r1-cluster1-control-plane';
let folder = '';
let state: RunState;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freezing-'));
  mkdirSync(join(folder, 'nodes'));
  writeFileSync(join(folder, 'nodes', CONTAINER), 'running\n');
  vi.stubEnv('PATH', fakes); // nothing real can be reached
  vi.stubEnv('FAKE_DOCKER_NODES', join(folder, 'nodes'));
  state = new RunState('0101-0000-aaa', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const freeze = (): Promise<Frozen> =>
  freezeWith({ kind: 'kind', runId: 'r1' }, { cluster: 'cluster1', part: 'node' }, state);

/** What the engine says of the node. */
const status = (): string => readFileSync(join(folder, 'nodes', CONTAINER), 'utf8').trim();

const pending = (): unknown[] => state.pending().map(({ undo }) => undo);

test('a node is frozen until it is thawed, and the journal knows', async () => {
  const frozen = await freeze();
  expect(status()).toBe('paused');
  expect(pending()).toEqual([{ kind: 'frozen', container: CONTAINER, part: 'node' }]);
  await frozen.thaw();
  expect(status()).toBe('running');
  expect(pending()).toEqual([]);
});

test('what is frozen by a command that failed all the same is thawed at once', async () => {
  vi.stubEnv('FAKE_DOCKER_PAUSE', 'fails');
  await expect(freeze()).rejects.toThrow(/context deadline exceeded/);
  expect(status()).toBe('running');
  expect(pending()).toEqual([]);
});

test('what cannot be thawed then stays in the journal', async () => {
  vi.stubEnv('FAKE_DOCKER_PAUSE', 'stays');
  await expect(freeze()).rejects.toThrow(/context deadline exceeded/);
  expect(status()).toBe('paused');
  expect(pending()).toHaveLength(1);
});

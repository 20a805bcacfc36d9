import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readWorld } from '../provider/embedded/control.ts';
import { startWorldProcess } from '../provider/embedded/process.ts';
import { isAlive, RunState } from '../state/state.ts';
import { cleanRun } from './clean.ts';

const base = mkdtempSync(join(tmpdir(), 'clean-world-'));
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});

test('a world that a killed run kept is ended by clean, and forgotten', async () => {
  const state = new RunState('1101-1010-abc', base);
  const directory = join(state.directory, 'gateways');
  mkdirSync(directory, { recursive: true });
  state.willUndo({ kind: 'world', directory });
  const kubeconfig = join(directory, 'cluster1.kubeconfig');
  state.willUndo({ kind: 'namespace', kubeconfig, name: 'made-in-the-world' });
  const clusters = [{ name: 'cluster1', network: 'network1' }];
  const spec = { clusters, directory, discovery: true, timeScale: 0.1, defects: [], outlivesParent: true };
  await startWorldProcess(spec, new AbortController().signal).ready;
  const pid = readWorld(directory)?.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  const said: string[] = [];
  expect(await cleanRun(state, (text) => said.push(text))).toEqual({ left: [] });
  expect(said).toEqual([`end the embedded mesh in ${directory}`]);
  expect([isAlive(pid), state.pending()]).toEqual([false, []]);
});

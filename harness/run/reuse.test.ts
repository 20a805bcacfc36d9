/** The command as users give it, several times on the same clusters. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunState } from '../state/state.ts';
import { ROOT } from './setup.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reuse-'));
});
afterEach(async () => {
  await meshproof('clean').ended;
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number | string | null | undefined;
  readonly output: string;
}

function meshproof(...words: readonly string[]): { readonly ended: Promise<Ended> } {
  const program = join(ROOT, 'scripts', 'meshproof.js');
  const env = { ...process.env, XDG_STATE_HOME: folder };
  const ended = new Promise<Ended>((resolve) => {
    execFile(process.execPath, [program, ...words], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
    });
  });
  return { ended };
}

const play = (...words: readonly string[]): ReturnType<typeof meshproof> => {
  const what = ['--suite', 'multi-primary', '--variant', 'flat', '--scenario', 'both-versions-answer'];
  return meshproof(
    'run',
    '--provider',
    'embedded',
    '--time-scale',
    '0.1',
    '--strict-teardown',
    ...what,
    ...words,
  );
};

const runs = (): string[] => readdirSync(join(folder, 'meshproof', 'runs'));

test('clusters belong to the run that made them as often as they are used, and nothing is left behind', async () => {
  const first = await play('--keep').ended;
  const [made = ''] = runs();
  expect(first.code).toBe(0);
  for (const cluster of ['cluster1', 'cluster2'])
    expect(first.output).toMatch(new RegExp(`^ {4}kubectl --kubeconfig /\\S+${cluster}\\S* get pods`, 'm'));
  for (const command of [`npx meshproof run .* --reuse ${made} --keep`, `npx meshproof clean ${made}`])
    expect(first.output).toMatch(new RegExp(`^ {4}${command}$`, 'm'));
  const again = play('--reuse', '--keep');
  const state = new RunState(made, join(folder, 'meshproof'));
  await expect.poll(() => [state.alive(), runs()], { timeout: 60_000 }).toEqual([true, [made]]);
  expect((await meshproof('clean').ended).output).toContain(`run ${made} is still running`);
  expect(await again.ended).toMatchObject({ code: 0 });

  const last = await play('--reuse').ended;
  expect(last.output).not.toContain('left behind');
  expect([last.code, runs()]).toEqual([0, []]);
}, 240_000);

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Played, SeenCheck } from './types.ts';

/** What is run with which seed. */
export interface Task {
  readonly suite: string;
  /** Both, or all of the suite. */
  readonly at?: { readonly variant: string; readonly claim: string };
  readonly defect?: string;
  readonly seed: number;
}

/** Nothing in the embedded mesh takes longer to get ready; what does not get ready is waited for as long. */
const READY_WITHIN = '45s';
const AT_MOST_MS = 15 * 60_000;

/** Runs the command on an embedded mesh of its own. The run's folder is below `out`; one that was there is replaced. */
export async function play(task: Task, out: string): Promise<Played> {
  const folder = join(out, nameOf(task));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const began = performance.now();
  const { exitCode = 2 } = await execa(
    process.execPath,
    ['scripts/meshproof.js', 'run', ...optionsOf(task, folder)],
    {
      reject: false,
      timeout: AT_MOST_MS,
      stdin: 'ignore',
      stdout: { file: join(folder, 'run.log') },
      stderr: { file: join(folder, 'run.log'), append: true },
      env: environment(),
      extendEnv: false,
    },
  );
  const seconds = (performance.now() - began) / 1000;
  return { seed: task.seed, exit: exitCode, seconds, checks: await readChecks(folder), folder };
}

const nameOf = ({ suite, at, defect = 'healthy', seed }: Task): string =>
  [suite, at?.variant, at?.claim, defect, String(seed)]
    .filter((part) => part !== undefined)
    .join('-')
    .replaceAll(/[^\w.-]/g, '_');

function optionsOf({ suite, at, defect, seed }: Task, folder: string): string[] {
  return [
    ...['--suite', suite, '--provider', 'embedded', '--seed', String(seed)],
    ...['--timeout', READY_WITHIN, '--out', folder],
    ...(at === undefined ? [] : ['--variant', at.variant, '--scenario', at.claim]),
    ...(defect === undefined ? [] : ['--defect', defect]),
  ];
}

/** Without options of the user's own. */
function environment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:MESHPROOF_|VITEST|NODE_V8_)/.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), CI: 'true', NO_COLOR: '1' };
}

/** None where the run died before it had a report. */
async function readChecks(folder: string): Promise<readonly SeenCheck[]> {
  const text = await readFile(join(folder, 'latest', 'report.json'), 'utf8').catch(() => '{"checks":[]}');
  return (JSON.parse(text) as { readonly checks: readonly SeenCheck[] }).checks;
}

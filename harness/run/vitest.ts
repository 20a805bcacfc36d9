import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '../play/context.ts';
import { tellOfTheEnd } from '../play/ending.ts';

/** How a run of the scenarios ended, as far as vitest knows; the verdicts are in the event log. */
export interface Played {
  /** Errors outside of any scenario: a file that does not load, a rejection that nobody awaited. */
  readonly errors: readonly string[];
}

/** Longest that one scenario may take, in milliseconds; its waits have deadlines of their own. */
const SCENARIO_MS = 20 * 60_000;

const firstLine = (error: unknown): string => {
  const message = (error as { message?: unknown }).message;
  return (typeof message === 'string' ? message : String(error)).split('\n')[0] ?? '';
};

/** Loads vitest, which takes a second or more: to be called while something else is waited for. */
export async function loadVitest(): Promise<typeof import('vitest/node')> {
  return import('vitest/node');
}

/**
 * Plays scenarios with vitest, some at once, in a thread of this process: a terminal's Ctrl-C reaches us alone.
 * vitest's own handlers of signals are taken away. It is not told to cancel either, which it does not do in all places and
 * without our reason: the thread hears itself that `signal` aborted, and then what was changed is still put back.
 */
export async function playAll(
  root: string,
  context: RunContext,
  options: { readonly signal: AbortSignal; readonly failFast: boolean; readonly seed: number },
): Promise<Played> {
  const cacheDir = join(root, 'node_modules', '.cache', 'meshproof');
  const modules = join(cacheDir, 'modules');
  const { createVitest } = await loadVitest();
  const before = new Map(SIGNALS.map((name) => [name, new Set(process.listeners(name))]));
  const vitest = await createVitest(
    'test',
    {
      watch: false,
      config: false,
      root,
      include: ['harness/play/suite.e2e.ts'],
      exclude: [],
      pool: 'threads',
      maxWorkers: 1,
      fileParallelism: false,
      maxConcurrency: context.atOnce,
      isolate: false,
      retry: 0,
      sequence: { seed: options.seed },
      bail: options.failFast ? 1 : 0,
      testTimeout: SCENARIO_MS,
      hookTimeout: SCENARIO_MS,
      teardownTimeout: 120_000,
      passWithNoTests: false,
      reporters: [{}],
      provide: { run: context },
      experimental: { fsModuleCache: await isWritable(modules), fsModuleCachePath: modules },
    },
    { cacheDir },
  );
  for (const name of SIGNALS) {
    for (const listener of process.listeners(name)) {
      if (before.get(name)?.has(listener) !== true) process.removeListener(name, listener);
    }
  }
  const release = tellOfTheEnd(context.outDirectory, options.signal);
  try {
    if (options.signal.aborted) return { errors: [] };
    const { testModules, unhandledErrors } = await vitest.start();
    const failed = testModules.flatMap((module) => module.errors());
    return { errors: [...failed, ...unhandledErrors].map(firstLine) };
  } finally {
    release();
    await vitest.close();
  }
}

/** Not where the package belongs to somebody else: then modules are transformed anew each time. */
async function isWritable(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellQuote } from '../command/quote.ts';
import type { RunOptions } from '../options/types.ts';
import type { EventLog } from '../report/event-log.ts';
import type { Bounds } from '../scenario.ts';
import type { RunState } from '../state/state.ts';
import type { Risk } from '../verdict/types.ts';
import type { Earlier } from './earlier.ts';

/** The package's own folder, with suites and fixtures. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where the caller is: npm changes the directory, and says from where. */
export const callerDirectory = (env: NodeJS.ProcessEnv = process.env): string =>
  env['INIT_CWD'] ?? process.cwd();

/** A path that the user gave. */
export const userPath = (path: string): string => resolve(callerDirectory(), path);

/** What all parts of a run share. */
export interface Run {
  readonly id: string;
  /** The run whose clusters are used: this one, or the one that `--reuse` names. */
  readonly clustersOf: string;
  readonly options: RunOptions;
  readonly seed: number;
  /** Of the run whose clusters are used: it is alive with this one, and what both did lies in one journal. */
  readonly state: RunState;
  readonly log: EventLog;
  /** Error probabilities of each check. */
  readonly risk: Risk;
  /** The run that this one goes on with. */
  readonly earlier: Earlier | undefined;
  /** Aborted by Ctrl-C and by --max-duration. */
  readonly signal: AbortSignal;
}

export const seedOf = (options: RunOptions): number => options.seed ?? randomInt(2 ** 32);

/** The promised bounds, from the options. */
export const boundsOf = (options: RunOptions): Bounds => ({
  scaledToZero: { maxErrors: options.scaleErrors, withinMs: options.scaleWithin },
  outage: { maxErrors: options.outageErrors, withinMs: options.outageWithin },
  returnWithinMs: options.returnWithin,
  workers: options.workers,
});

/** Files that a user named and that are not there, as mistakes. */
export const missingFiles = (
  files: readonly (readonly [flag: string, path: string | undefined])[],
): string[] =>
  files.flatMap(([flag, path]) =>
    path === undefined || existsSync(userPath(path))
      ? []
      : [`${flag}: there is no file ${path} (looked in ${callerDirectory()}). See: ${lookNear(path)}`],
  );

/** A command that shows what there is where a path of the user's was looked for. */
export function lookNear(path: string): string {
  let folder = dirname(userPath(path));
  while (!existsSync(folder)) folder = dirname(folder);
  return shellQuote(['ls', folder]);
}

/** A command that shows the folders of runs: where they are by default, or else near where one was looked for. */
export function lookForRuns(path: string): string {
  const usual = 'reports/out';
  return existsSync(userPath(usual)) ? shellQuote(['ls', userPath(usual)]) : lookNear(path);
}

export const appsDirectory = join(ROOT, 'fixtures', 'apps');

/** The Secret of `--image-pull-secret`. */
export function pullSecretOf({
  imagePullSecret,
}: Pick<RunOptions, 'imagePullSecret'>): { readonly namespace: string; readonly name: string } | undefined {
  const [namespace, name] = (imagePullSecret ?? '').split('/');
  return namespace !== undefined && name !== undefined ? { namespace, name } : undefined;
}

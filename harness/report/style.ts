import picocolors from 'picocolors';
import type { CheckRecord } from './types.ts';

/** The environment variables of a process, as far as looks depend on them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where something is printed, as far as looks depend on it. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Functions that colour a text, or leave it as it is. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Nobody reads tables in fewer columns. */
const NARROWEST = 80;
const WIDEST = 160;

/** `NO_COLOR` (any non-empty value) goes before `FORCE_COLOR`, which goes before what the screen can do. */
export function colorsFor(screen: Screen, env: Env): Colors {
  return picocolors.createColors(wantsColor(screen, env));
}

function wantsColor(screen: Screen, env: Env): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return screen.isTTY === true && env['TERM'] !== 'dumb';
}

/** Can lines be written anew? Not in CI, whose logs are read later. */
export function isLive(screen: Screen, env: Env): boolean {
  return screen.isTTY === true && (env['CI'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** How many columns to write in. */
export function widthOf(screen: Screen, env: Env): number {
  const known = screen.columns ?? Number(env['COLUMNS']);
  const columns = Number.isInteger(known) && known > 0 ? known : 100;
  return Math.min(WIDEST, Math.max(NARROWEST, columns));
}

interface Mark {
  readonly symbol: string;
  readonly color: 'green' | 'red' | 'yellow' | 'dim';
}

/** Symbol and colour of each verdict; the word always stands beside them. */
export const MARKS: Readonly<Record<CheckRecord['verdict'], Mark>> = {
  conformant: { symbol: '✔', color: 'green' },
  'non-conformant': { symbol: '✖', color: 'red' },
  inconclusive: { symbol: '?', color: 'yellow' },
  skipped: { symbol: '–', color: 'dim' },
};

/** A verdict as it is shown: symbol and word. */
export function markOf(verdict: CheckRecord['verdict'], colors: Colors): string {
  const { symbol, color } = MARKS[verdict];
  return colors[color](`${symbol} ${verdict}`);
}

/** As `markOf`, padded to the width of the longest. */
export function paddedMarkOf(verdict: CheckRecord['verdict'], colors: Colors): string {
  return markOf(verdict, colors) + ' '.repeat('non-conformant'.length - verdict.length);
}

import { commands, type Command, type RunOptions } from '../types.ts';
import type { Option } from '../option.ts';

/** A row of the table for each field of `RunOptions`; the compiler holds the two together. */
export type Rows = { readonly [Field in keyof RunOptions]-?: Option<RunOptions[Field]> };

/** Who takes an option. */
export const run: readonly Command[] = ['run'];
export const plan: readonly Command[] = ['run', 'list'];
export const clusters: readonly Command[] = ['run', 'list', 'doctor'];
export const withClean: readonly Command[] = [...clusters, 'clean'];
export const printing: readonly Command[] = commands.filter((command) => command !== 'judge');

/** Where nothing given means that there is none. */
export const none = { fallback: undefined, fallbackText: 'none' } as const;

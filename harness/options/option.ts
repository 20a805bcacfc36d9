import { didYouMean } from './closest.ts';
import type { Command } from './types.ts';
import { formatDuration, parseDuration } from './duration.ts';

/** A value, or everything that is wrong with the text it was to be read from. */
export type Parsed<T> = { readonly value: T } | { readonly mistakes: readonly string[] };

/** One option of the command line: a row of the table. `T` is what a command gets. */
export interface Option<T> {
  readonly kind: 'string' | 'number' | 'boolean' | 'duration' | 'list';
  /** Stands for the value in the help. */
  readonly placeholder: string;
  /** Value where neither a flag nor the environment gives one; may be nothing. */
  readonly fallback: T;
  /** What the help says of the default, where the fallback does not say it. */
  readonly fallbackText: string;
  /** One sentence for the help. */
  readonly about: string;
  readonly commands: readonly Command[];
  /** The text that stands for a flag without a value, if that is allowed. */
  readonly bare?: string;
  /** Reads all texts given, in order, at least one. */
  read(texts: readonly string[]): Parsed<T>;
}

/** What every row says; the constructors below add the kind. */
interface Row<T> {
  readonly about: string;
  readonly commands: readonly Command[];
  readonly placeholder: string;
  readonly fallback: T;
  /** Needed where the fallback is nothing. */
  readonly fallbackText?: string;
  readonly bare?: string;
}

type One<T> = (text: string) => { readonly value: T } | { readonly mistake: string };

/** A single value: the last one given counts. */
function single<T, D extends T | undefined>(
  kind: Option<T>['kind'],
  row: Row<D>,
  read: One<T>,
): Option<T | D> {
  return {
    ...row,
    kind,
    fallbackText: row.fallbackText ?? String(row.fallback),
    read: (texts) => {
      const result = read(texts.at(-1) ?? '');
      return 'value' in result ? result : { mistakes: [result.mistake] };
    },
  };
}

/** Any text but an empty one. */
export function text<D extends string | undefined>(row: Row<D>): Option<string | D> {
  return single('string', row, nonEmpty);
}

/** One of a few words. */
export function choice<T extends string>(row: Row<T>, choices: readonly T[]): Option<T> {
  return single('string', { ...row, placeholder: choices.join('|') }, oneOf(choices));
}

/** `true` by being named; in the environment `true`, `false`, `1` or `0`. */
export function flag(row: Omit<Row<boolean>, 'placeholder' | 'bare'>): Option<boolean> {
  return single('boolean', { ...row, placeholder: '', bare: 'true' }, (given) => {
    if (given === 'true' || given === '1') return { value: true };
    if (given === 'false' || given === '0') return { value: false };
    return { mistake: 'expected true or false' };
  });
}

/** A number within bounds, both included. */
export function number<D extends number | undefined>(
  row: Omit<Row<D>, 'placeholder'>,
  bounds: { readonly min: number; readonly max: number; readonly whole: boolean },
): Option<number | D> {
  return single('number', { ...row, placeholder: 'N' }, (given) => {
    const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
    const fits = value >= bounds.min && value <= bounds.max && (!bounds.whole || Number.isInteger(value));
    const expected = `expected a ${bounds.whole ? 'whole ' : ''}number from ${bounds.min} to ${bounds.max}`;
    return fits ? { value } : { mistake: expected };
  });
}

/** 5 days. Timers of Node count to 24, and some waits are four times what was asked for. */
const LONGEST_MS = 120 * 3_600_000;

/** A positive duration, in milliseconds. */
export function duration<D extends number | undefined>(row: Omit<Row<D>, 'placeholder'>): Option<number | D> {
  const fallbackText = row.fallbackText ?? formatDuration(row.fallback ?? 0);
  return single('duration', { ...row, placeholder: 'DURATION', fallbackText }, (given) => {
    const value = parseDuration(given);
    const mistake = 'expected a duration such as 500ms, 30s, 5m or 1h30m, more than zero and at most 120h';
    return value === undefined || value === 0 || value > LONGEST_MS ? { mistake } : { value };
  });
}

/** A single value of a form of its own. */
export function custom<T>(row: Row<undefined>, read: One<T>): Option<T | undefined> {
  return single('string', row, read);
}

/** An option that may be repeated; in the environment the values stand between commas. */
export function many<T>(row: Row<readonly T[]>, read: One<T>): Option<readonly T[]> {
  return {
    ...row,
    kind: 'list',
    fallbackText: row.fallbackText ?? row.fallback.join(','),
    read: (texts) => {
      const results = texts.map((given) => ({ given, result: read(given) }));
      const mistakes = results.flatMap(({ given, result }) =>
        'mistake' in result ? [texts.length > 1 ? `${given}: ${result.mistake}` : result.mistake] : [],
      );
      if (mistakes.length > 0) return { mistakes };
      return { value: results.flatMap(({ result }) => ('value' in result ? [result.value] : [])) };
    },
  };
}

/** Like `many`, but the values are put together into something else. */
export function gathered<T, U>(
  list: Option<readonly T[]>,
  gather: (values: readonly T[]) => Parsed<U>,
): Option<U> {
  const empty = gather(list.fallback);
  if ('mistakes' in empty) throw new TypeError('the default of an option must be valid');
  return {
    ...list,
    fallback: empty.value,
    read: (texts) => {
      const result = list.read(texts);
      return 'value' in result ? gather(result.value) : result;
    },
  };
}

/** Reads any text but an empty one. */
export function nonEmpty(given: string): ReturnType<One<string>> {
  return given === '' ? { mistake: 'expected a value' } : { value: given };
}

/** Reads one of a few words. */
export function oneOf<T extends string>(choices: readonly T[]): One<T> {
  return (given) => {
    const value = choices.find((word) => word === given);
    const mistake = `expected one of ${choices.join(', ')}${didYouMean(given, choices)}`;
    return value === undefined ? { mistake } : { value };
  };
}

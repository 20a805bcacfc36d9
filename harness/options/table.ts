import { custom, flag, text, type Option } from './option.ts';
import { bounds, how } from './rows/how.ts';
import { run, type Rows } from './rows/rows.ts';
import { what } from './rows/what.ts';
import { where } from './rows/where.ts';

/** Options that no field of `RunOptions` keeps. */
type Special = {
  /** Turns `run` into `list`. */
  readonly list: Option<boolean>;
  readonly rule: Option<string | undefined>;
  readonly since: Option<number | undefined>;
  readonly until: Option<number | undefined>;
};

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

const instant = (fallbackText: string, about: string): Option<number | undefined> =>
  custom({ placeholder: 'TIME', fallback: undefined, fallbackText, commands: ['judge'], about }, (given) =>
    INSTANT.test(given) && !Number.isNaN(Date.parse(given))
      ? { value: Date.parse(given) }
      : { mistake: 'expected a time such as 2026-01-31T12:00:00.000Z' },
  );

const special: Special = {
  list: flag({ fallback: false, commands: run, about: 'The same as the command list.' }),
  rule: text({
    placeholder: 'RULE',
    fallback: undefined,
    fallbackText: 'none, it must be given',
    commands: ['judge'],
    about: 'The rule, as JSON or as a file with it.',
  }),
  since: instant(
    'the first answer',
    'Leave out what arrived before: a check of calls that go on is judged from its startedAt.',
  ),
  until: instant(
    'the last answer',
    'Leave out what arrived from then on, such as the startedAt of the next.',
  ),
};

const table: Rows & Special = { ...special, ...what, ...where, ...how, ...bounds };

/** Every option, by the field that it fills. */
export const rows: readonly (readonly [field: string, row: Option<unknown>])[] =
  Object.entries<Option<unknown>>(table);

/** `dryRun` → `dry-run`. */
export function flagName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `dryRun` → `MESHPROOF_DRY_RUN`. */
export function environmentName(field: string): string {
  return `MESHPROOF_${flagName(field).replaceAll('-', '_').toUpperCase()}`;
}

import { flag, text, type Option } from './option.ts';
import { bounds, how } from './rows/how.ts';
import { run, type Rows } from './rows/rows.ts';
import { what } from './rows/what.ts';
import { where } from './rows/where.ts';

/** Options that no field of `RunOptions` keeps. */
type Special = {
  /** Turns `run` into `list`. */
  readonly list: Option<boolean>;
  readonly rule: Option<string | undefined>;
};

const special: Special = {
  list: flag({ fallback: false, commands: run, about: 'The same as the command list.' }),
  rule: text({
    placeholder: 'RULE',
    fallback: undefined,
    fallbackText: 'none, it must be given',
    commands: ['judge'],
    about: 'The rule, as JSON or as a file with it.',
  }),
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

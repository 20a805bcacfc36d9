import { didYouMean } from './closest.ts';
import type { Option } from './option.ts';
import { contradictions } from './rules.ts';
import { helpText, rowsOf, scan, shapes, type Scanned } from './scan.ts';
import { environmentName, flagName, rows } from './table.ts';
import { version } from './version.ts';
import {
  commands,
  type CleanOptions,
  type Command,
  type JudgeOptions,
  type ReportOptions,
  type RunOptions,
} from './types.ts';

/** Variables of the environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line asks for. Warnings are for standard error; they stop nothing. */
export type Arguments = { readonly warnings: readonly string[] } & (
  | { readonly command: 'run' | 'list' | 'doctor'; readonly options: RunOptions }
  | { readonly command: 'judge'; readonly options: JudgeOptions }
  | { readonly command: 'clean'; readonly options: CleanOptions }
  | { readonly command: 'report'; readonly options: ReportOptions }
);

/** The arguments read; or a text that was asked for (help, version); or all mistakes, which end a program with exit code 2. */
export type ParsedArguments = Arguments | { readonly help: string } | Refused;

/** Arguments with mistakes, and what could be read of them all the same. */
export interface Refused {
  readonly mistakes: readonly string[];
  readonly asked?: Command;
  /** The suites that were asked for, which only others can know. */
  readonly suites?: readonly string[];
}

/**
 * Reads the command line. Flags go before the environment (`MESHPROOF_…`), the environment before defaults.
 *
 * @param argv without the programs: `process.argv.slice(2)`
 */
export function parseArguments(argv: readonly string[], env: Environment): ParsedArguments {
  const [first, ...rest] = argv;
  if (first === '--help' || first === '-h' || first === 'help')
    return { help: helpText(commandNamed(rest[0])) };
  if (first === '--version' || first === '-V') return { help: `${version}\n` };
  const command = commandNamed(first);
  if (command === undefined) return { mistakes: [unknownCommand(first)] };
  if (asksForHelp(rest)) return { help: helpText(command) };
  const scanned = scan(command, rest);
  const { values, mistakes: malformed } = readValues(command, scanned, env);
  const operands = readOperands(command, scanned);
  const mistakes = [
    ...scanned.mistakes,
    ...(scanned.mistakes.length > 0 ? [whatThereIs(command)] : []),
    ...operands.mistakes,
    ...malformed,
    ...(malformed.length > 0 ? [] : contradictions(command, values)),
  ];
  if (mistakes.length > 0) return { mistakes, asked: command, suites: suitesOf(values) };
  const { list, ...options } = { ...defaultsOf(command), ...values, ...operands.values };
  return assemble(command === 'run' && list === true ? 'list' : command, options, env);
}

/** The options of a run where nothing is asked for. */
export function defaultOptions(): RunOptions {
  const { list: _, ...options } = defaultsOf('run');
  return options as unknown as RunOptions;
}

/** What stands behind `--` is no option. */
function asksForHelp(args: readonly string[]): boolean {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return options.includes('--help') || options.includes('-h');
}

function commandNamed(word: string | undefined): Command | undefined {
  return commands.find((command) => command === word);
}

function unknownCommand(word: string | undefined): string {
  const there = `commands: ${commands.join(', ')}; see meshproof --help`;
  if (word === undefined) return `expected a command; ${there}`;
  if (word.startsWith('-'))
    return `expected a command before ${word}, such as meshproof run ${word}; ${there}`;
  return `unknown command ${word}${didYouMean(word, commands)}; ${there}`;
}

function whatThereIs(command: Command): string {
  const names = rowsOf(command).map(
    ([field, row]) => `--${row.fallback === true ? 'no-' : ''}${flagName(field)}`,
  );
  return `${command} takes ${names.join(' ')}; see meshproof ${command} --help`;
}

const suitesOf = ({ suite = [] }: { readonly suite?: unknown }): readonly string[] =>
  suite as readonly string[];

interface Read {
  readonly values: Readonly<Record<string, unknown>>;
  readonly mistakes: readonly string[];
}

/** The value of every option that a flag or the environment gives. */
function readValues(command: Command, scanned: Scanned, env: Environment): Read {
  const values: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const [field, row] of rowsOf(command)) {
    const given = flagTexts(field, row, scanned) ?? environmentTexts(field, row, env);
    if (given === undefined) continue;
    const result =
      given.texts.length === 0
        ? { mistakes: [`expected a value, ${row.placeholder}`] }
        : row.read(given.texts);
    if ('value' in result) values[field] = result.value;
    else mistakes.push(...result.mistakes.map((mistake) => `${given.source}: ${mistake}`));
  }
  return { values, mistakes };
}

interface Given {
  /** None: a flag that needs a value has none. */
  readonly texts: readonly string[];
  /** For messages: the flag or the variable, with what it says. */
  readonly source: string;
}

function flagTexts(field: string, row: Option<unknown>, scanned: Scanned): Given | undefined {
  const name = flagName(field);
  const given = scanned.texts.get(name);
  if (given === undefined) return undefined;
  const texts = given.map((text) => (text === false ? 'false' : (text ?? row.bare)));
  if (texts.includes(undefined)) return { texts: [], source: `--${name}` };
  return {
    texts: texts as string[],
    source: `--${name} ${given.length === 1 ? (texts[0] ?? '') : ''}`.trimEnd(),
  };
}

/** An empty variable counts as not set. */
function environmentTexts(field: string, row: Option<unknown>, env: Environment): Given | undefined {
  const variable = environmentName(field);
  const text = env[variable] ?? '';
  if (text === '') {
    return field === 'color' && (env['NO_COLOR'] ?? '') !== ''
      ? { texts: ['false'], source: 'NO_COLOR' }
      : undefined;
  }
  const texts = row.kind === 'list' ? text.split(',').map((part) => part.trim()) : [text];
  return { texts, source: `${variable}=${text}` };
}

/** The argument of a command. */
function readOperands(command: Command, { operands }: Scanned): Read {
  const { argument } = shapes[command];
  const mistakes: string[] = [];
  const [operand, ...more] = argument === undefined ? [undefined, ...operands] : operands;
  for (const word of more)
    mistakes.push(`unexpected argument ${word}${argument === undefined ? `: ${command} takes none` : ''}`);
  if (argument?.required === true && operand === undefined)
    mistakes.push(`${command} needs ${argument.placeholder}`);
  return { values: operand === undefined ? {} : { [operandFields[command] ?? command]: operand }, mistakes };
}

/** The field of its options that a command's argument fills; those not named here take none. */
const operandFields: Readonly<Record<string, string>> = { judge: 'file', clean: 'runId', report: 'dir' };

/** Defaults of every field of a command; `list` and `doctor` get those of `run` too, so that all three have one type. */
function defaultsOf(command: Command): Readonly<Record<string, unknown>> {
  const taken = command === 'list' || command === 'doctor' ? rows : rowsOf(command);
  return Object.fromEntries(
    taken.flatMap(([field, row]) => (row.fallback === undefined ? [] : [[field, row.fallback]])),
  );
}

/** The table's rows are typed by the fields of the options, so what was read from them has their types. */
function assemble(command: Command, values: Readonly<Record<string, unknown>>, env: Environment): Arguments {
  return { command, options: values, warnings: strangers(env) } as unknown as Arguments;
}

/** Set, it makes `cli.ts` print the stack of what broke in the harness itself. No option: it is for its developers. */
export const DEBUG_VARIABLE = 'MESHPROOF_DEBUG';

/** Set, embedded worlds do as if this machine had no address but 127.0.0.1. Read by `embedded/places.ts`. */
const ONE_ADDRESS_VARIABLE = 'MESHPROOF_ONE_ADDRESS';

/** Variables that look like ours and are none: a misspelt one would otherwise be silently without effect. */
function strangers(env: Environment): readonly string[] {
  const known = [...rows.map(([field]) => environmentName(field)), DEBUG_VARIABLE, ONE_ADDRESS_VARIABLE];
  return Object.keys(env)
    .filter((name) => name.startsWith('MESHPROOF_') && !known.includes(name))
    .map((name) => `${name} is no option of meshproof and has no effect${didYouMean(name, known)}`);
}

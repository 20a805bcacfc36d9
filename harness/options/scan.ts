import { Command as CommanderCommand, Option as CommanderOption } from 'commander';
import { didYouMean } from './closest.ts';
import type { Option } from './option.ts';
import { environmentName, flagName, rows } from './table.ts';
import type { Command } from './types.ts';

/** What a command takes beside the options of the table. */
interface Shape {
  readonly about: string;
  /** Its argument as the help shows it. */
  readonly argument?: { readonly placeholder: string; readonly required: boolean };
}

/** Every command. */
export const shapes: Readonly<Record<Command, Shape>> = {
  run: { about: 'Bring clusters up, judge every claim of the suites, write a report.' },
  list: { about: 'Print suites, scenarios and checks that a run would have; touch nothing.' },
  doctor: { about: 'Look whether a run could start; print all that is missing, with its remedy.' },
  judge: {
    about: 'Judge answers of your own by a rule: a JSON object or a label a line.',
    argument: { placeholder: 'FILE|-', required: true },
  },
  clean: {
    about: 'Remove what runs that ended early have left, and put back what they changed.',
    argument: { placeholder: 'RUN-ID', required: false },
  },
  report: {
    about: "Write a run's reports anew from its events; also of a run that was killed.",
    argument: { placeholder: 'RUN-DIR', required: true },
  },
};

/** The rows of the table that a command takes, by field. */
export function rowsOf(command: Command): readonly (readonly [string, Option<unknown>])[] {
  return rows.filter(([, row]) => row.commands.includes(command));
}

/** Arguments taken apart, values not read yet. */
export interface Scanned {
  /** Texts by the flag's name without dashes; `null` for a flag that got no value, `false` for `--no-…`. */
  readonly texts: ReadonlyMap<string, readonly (string | null | false)[]>;
  readonly operands: readonly string[];
  readonly mistakes: readonly string[];
}

/** Takes the arguments behind a command apart, and goes on behind what it does not know. */
export function scan(command: Command, args: readonly string[]): Scanned {
  const texts = new Map<string, (string | null | false)[]>();
  const note = (name: string, value: string | null | false) => {
    texts.set(name, [...(texts.get(name) ?? []), value]);
  };
  const parser = build(command);
  for (const option of parser.options) {
    const name = option.name();
    const positive = option.negate ? name.replace(/^no-/, '') : name;
    parser.on(`option:${name}`, (value?: string | null) => {
      note(positive, option.negate ? false : (value ?? null));
    });
  }
  const { operands, unknown } = parser.parseOptions([...args]);
  const known = parser.options.map((option) => `--${option.name()}`);
  return { texts, ...sorted(unknown, operands, known) };
}

/** Of what commander did not know: which are options, which the values behind them, which operands. */
function sorted(
  unknown: readonly string[],
  operands: readonly string[],
  known: readonly string[],
): Omit<Scanned, 'texts'> {
  const isOption = (word: string | undefined) =>
    word !== undefined && word.length > 1 && word.startsWith('-');
  const options = unknown.filter((word) => isOption(word) && word !== '--');
  const extra = unknown.filter(
    (word, index) => !isOption(word) && (!isOption(unknown[index - 1]) || unknown[index - 1]?.includes('=')),
  );
  const mistakes = options.map((word) => {
    const name = word.split('=', 1)[0] ?? word;
    if (known.includes(name)) return `${name} takes no value: write ${name} or --no-${name.slice(2)}`;
    const others = rows.find(([field]) => `--${flagName(field)}` === name)?.[1].commands;
    if (others !== undefined) return `${name} is an option of ${others.join(', ')} only`;
    return `unknown option ${name}${didYouMean(name, known)}`;
  });
  return { operands: [...operands, ...extra], mistakes };
}

/** The help of a command, or without one that of the whole. */
export function helpText(command?: Command): string {
  if (command !== undefined) return build(command).helpInformation();
  const program = new CommanderCommand('meshproof').usage('COMMAND [options]').helpCommand(false);
  program.description(
    'Proves, on real clusters, that a multi-cluster mesh does what its documentation says.',
  );
  for (const [name, { about }] of Object.entries(shapes)) program.command(name).description(about);
  const exits =
    'Exit: 0 conformant, 1 non-conformant, 2 usage or configuration, 3 inconclusive, 4 nothing judged.';
  program.configureHelp({ subcommandTerm: (sub) => sub.name() });
  return `${program.helpInformation()}\nOptions of a command: meshproof COMMAND --help\n${exits}\n`;
}

function build(command: Command): CommanderCommand {
  const { about, argument } = shapes[command];
  const parser = new CommanderCommand(`meshproof ${command}`).description(about);
  const operand = argument?.required === true ? argument.placeholder : `[${argument?.placeholder ?? ''}]`;
  parser.usage(argument === undefined ? '[options]' : `[options] ${operand}`);
  // Values are optional to commander only so that all that lack one can be told at once.
  for (const [field, row] of rowsOf(command)) addRow(parser, field, row);
  parser.configureHelp({
    optionTerm: (option) => option.flags.replace(/ \[(.*)\]$/, ' $1').replace(/ (RUN-ID)$/, ' [$1]'),
  });
  return parser;
}

function addRow(parser: CommanderCommand, field: string, row: Option<unknown>): void {
  const name = flagName(field);
  if (row.kind === 'boolean') {
    const on = row.fallback === true;
    const describe = (flag: string, shown: boolean) => {
      const option = new CommanderOption(flag, `${row.about} (${environmentName(field)})`);
      parser.addOption(shown ? option : option.hideHelp());
    };
    describe(`--${name}`, !on);
    describe(`--no-${name}`, on);
    return;
  }
  const fallback = row.fallbackText === '' ? 'none' : row.fallbackText;
  const details = `default: ${fallback}; ${environmentName(field)}`;
  parser.addOption(new CommanderOption(`--${name} [${row.placeholder}]`, `${row.about} (${details})`));
}

import { numbersOf } from './numbers.ts';
import { markOf } from './style.ts';
import type { Colors } from './style.ts';
import { aloneOnTheirLines, duration, oneLine, wrap } from './text.ts';
import type { CheckRecord, Diagnostics, Report } from './types.ts';

/** The width of the words before what they name. */
const LABEL = 10;

interface Look {
  readonly colors: Colors;
  readonly width: number;
  readonly directory: string;
}

/** What is not conformant and not skipped: expected, seen, where, the raw data, and a command that shows it again. */
export function troubleLines({ checks }: Report, look: Look): readonly string[] {
  const troubled = checks.filter(({ verdict }) => verdict === 'non-conformant' || verdict === 'inconclusive');
  // Checks that broke for one reason have the same diagnostics: they are shown once.
  const shown = new Map<string, string>();
  const lines = troubled.flatMap((check) => {
    const key = JSON.stringify([check.diagnostics?.hints, check.diagnostics?.where]);
    const earlier = saysMore(check.diagnostics) ? shown.get(key) : undefined;
    if (earlier === undefined) shown.set(key, check.id);
    return ['', ...troubleOf(check, { ...look, earlier })];
  });
  return lines.length === 0 ? [] : ['', look.colors.bold('what needs a look'), ...lines.slice(1)];
}

/** More than the command that shows it again? */
const saysMore = (diagnostics: Diagnostics | null): boolean =>
  diagnostics !== null && (diagnostics.hints.length > 0 || diagnostics.where !== undefined);

function troubleOf(check: CheckRecord, look: Look & { earlier: string | undefined }): readonly string[] {
  const { colors, earlier } = look;
  const labelled = (label: string, text: string): readonly string[] => labelledLines(label, text, look);
  const { diagnostics, gate } = check;
  return [
    `  ${markOf(check.verdict, colors)}  ${colors.bold(oneLine(check.id))}  ${colors.dim(check.reason)}`,
    ...labelled('expected', check.sentence),
    ...seenLines(check.message, look),
    ...(check.requests === 0 ? [] : labelled('numbers', numbersOf(check))),
    ...(gate === null || gate.reached
      ? []
      : labelled('gate', `not reached in ${duration(gate.waitedMs)}: ${gate.sawLast}`)),
    ...(earlier === undefined || diagnostics === null
      ? []
      : labelled('see also', `${earlier}, which shows the same`)),
    ...(earlier === undefined && diagnostics !== null ? diagnosticLines(diagnostics, look) : []),
    ...(check.answersFile === null ? [] : pasted('raw', `${look.directory}/${check.answersFile}`, look)),
    ...pasted('again', diagnostics?.again ?? againOf(check), look),
  ];
}

/** A command in a message stays on a line of its own, to be copied. */
function seenLines(message: string, look: Look): readonly string[] {
  return message.split('\n').flatMap((line, index) => {
    const [seen = '', ...commands] = aloneOnTheirLines(line);
    const label = index === 0 ? 'seen' : '';
    return [
      ...labelledLines(label, seen, look),
      ...commands.flatMap((command) => pasted('look', command, look)),
    ];
  });
}

function diagnosticLines({ where, hints, files }: Diagnostics, look: Look): readonly string[] {
  return [
    ...(where === undefined ? [] : labelledLines('where', where, look)),
    ...hints.flatMap((hint) => labelledLines('hint', hint, look)),
    ...files.flatMap((file, index) => pasted(index === 0 ? 'look' : '', `${look.directory}/${file}`, look)),
  ];
}

/** Without a better one: the scenario alone. Nothing for what is not a scenario's. */
function againOf({ suite, scenario, claim }: CheckRecord): string {
  return claim === 'run' ? '' : `npx meshproof run --suite ${suite} --scenario ${scenario}`;
}

function labelledLines(label: string, text: string, { colors, width }: Look): readonly string[] {
  const indent = ' '.repeat(4 + LABEL);
  return wrap(text, width - indent.length).map((line, index) =>
    index === 0 ? `    ${colors.dim(label.padEnd(LABEL))}${line}` : `${indent}${line}`,
  );
}

/** Paths and commands stay on one line, however long: they are there to be copied. */
function pasted(label: string, text: string, { colors }: Look): readonly string[] {
  return text === '' ? [] : [`    ${colors.dim(label.padEnd(LABEL))}${colors.cyan(oneLine(text))}`];
}

import { groupBy } from './group.ts';
import { numbersOf } from './numbers.ts';
import { countVerdicts, EXIT_MEANINGS } from './outcome.ts';
import { colorsFor, MARKS, paddedMarkOf, widthOf } from './style.ts';
import type { Colors, Env, Screen } from './style.ts';
import { stageLines } from './terminal-stages.ts';
import { troubleLines } from './terminal-troubles.ts';
import { aloneOnTheirLines, counted, duration, fit, oneLine, wrap } from './text.ts';
import type { CheckRecord, Report } from './types.ts';

const VERDICTS = ['conformant', 'non-conformant', 'inconclusive', 'skipped'] as const;
const MARK_WIDTH = '✖ non-conformant'.length;

/** From this width on the numbers stand beside their check, below it under it. */
const SIDE_BY_SIDE = 110;

/** Where a summary is printed, and from which directory its paths are. */
export interface SummaryTarget {
  readonly screen: Screen;
  readonly env: Env;
  /** The run's directory as a person there would write it. */
  readonly directory: string;
}

/**
 * The report for a person at a terminal: a table per suite and variant, then what needs a look, then the time per
 * stage, and last, where the eye is, the verdict.
 */
export function terminalSummary(report: Report, { screen, env, directory }: SummaryTarget): string {
  const colors = colorsFor(screen, env);
  const width = widthOf(screen, env);
  const tables = [...groupBy(report.checks, (check) => `${check.suite} / ${check.variant}`)];
  const lines = [
    ...tables.flatMap(([place, checks]) => tableLines(place, { checks, colors, width })),
    ...troubleLines(report, { colors, width, directory }),
    ...preflightLines(report, { colors, width }),
    ...stageLines(report, colors),
    ...closingLines(report, { colors, width, directory }),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

interface Look {
  readonly colors: Colors;
  readonly width: number;
}

function tableLines(
  place: string,
  { checks, colors, width }: Look & { checks: readonly CheckRecord[] },
): string[] {
  const names = checks.map(shortNameOf);
  const column = Math.min(32, Math.max(...names.map((name) => name.length)));
  const beside = width >= SIDE_BY_SIDE;
  const rows = checks.flatMap((check) => {
    const level = check.level === 'extended' ? colors.dim('extended') : '        ';
    const name = shortNameOf(check).padEnd(column);
    const start = `  ${paddedMarkOf(check.verdict, colors)}  ${name}  ${level}`;
    const indent = beside ? 2 + MARK_WIDTH + 2 + name.length + 2 + 8 + 2 : 6;
    const [first = '', ...more] = atMost(2, wrap(numbersOf(check), width - indent)).map((line) =>
      fit(line, width - indent),
    );
    const rest = more.map((line) => ' '.repeat(indent) + colors.dim(line));
    return beside
      ? [`${start}  ${first}`, ...rest]
      : [start, ' '.repeat(indent) + colors.dim(first), ...rest];
  });
  return ['', `${colors.bold(place)}  ${tally(checks, colors)}`, ...rows];
}

function shortNameOf({ id, suite, variant }: CheckRecord): string {
  return oneLine(id.replace(`${suite}/${variant}/`, ''));
}

function atMost(number: number, lines: readonly string[]): readonly string[] {
  if (lines.length <= number) return lines;
  return [...lines.slice(0, number - 1), `${lines[number - 1] ?? ''} …`];
}

/** Short, for a heading: `8 ✔  1 –`. */
function tally(checks: readonly CheckRecord[], colors: Colors): string {
  const counts = countVerdicts(checks);
  return VERDICTS.filter((verdict) => counts[verdict] > 0)
    .map((verdict) => colors[MARKS[verdict].color](`${String(counts[verdict])} ${MARKS[verdict].symbol}`))
    .join('  ');
}

function countsOf(checks: readonly CheckRecord[]): string {
  const counts = countVerdicts(checks);
  return VERDICTS.filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${String(counts[verdict])} ${verdict}`)
    .join(', ');
}

/** The claims that did not hold, or were not decided, by name. */
function claimLines(checks: readonly CheckRecord[]): string[] {
  return (['non-conformant', 'inconclusive'] as const).flatMap((verdict) => {
    const claims = new Set(
      checks
        .filter((check) => check.verdict === verdict && check.claim !== 'run')
        .map((check) => `${check.claim} (${check.variant})`),
    );
    return claims.size === 0 ? [] : [`${verdict}: ${[...claims].join(', ')}`];
  });
}

/** Where several suites were played: what each of them came to. */
function profileLines({ profiles }: Report, colors: Colors): string[] {
  if (profiles.length < 2) return [];
  const column = Math.max(...profiles.map(({ suite }) => suite.length));
  return profiles.map(({ suite, core, extended }) => {
    const levels = [
      ['core', core],
      ['extended', extended],
    ] as const;
    const words = levels.map(([name, { verdict, checks }]) => {
      const total = Object.values(checks).reduce((sum, count) => sum + count, 0);
      const { symbol, color } = MARKS[verdict];
      const count = `${String(checks.conformant)} of ${String(total)}`;
      return `${name} ${colors[color](symbol)} ${count.padEnd('100 of 100'.length)}`;
    });
    return `  ${suite.padEnd(column)}  ${words.join('  ')}`;
  });
}

/** Errors and warnings of the preflight and of the run, each with what mends it. */
function preflightLines({ preflight, notes }: Report, { colors, width }: Look): string[] {
  const found = preflight
    .filter(({ severity }) => severity !== 'info')
    .flatMap(({ severity, subject, message, remedy }) => [
      ...bullet(`${severity}: ${subject}: ${message}`, width),
      ...(remedy === null ? [] : [`    ${colors.cyan(oneLine(remedy))}`]),
    ]);
  const said = notes.flatMap(({ level, text }) => {
    const [first = '', ...commands] = aloneOnTheirLines(level === 'warning' ? `warning: ${text}` : text);
    return [...bullet(first, width), ...commands.map((command) => `    ${colors.cyan(oneLine(command))}`)];
  });
  return found.length + said.length === 0 ? [] : ['', colors.bold('notes'), ...found, ...said];
}

function bullet(text: string, width: number): string[] {
  return wrap(text, width - 4).map((line, index) => (index === 0 ? `  ${line}` : `    ${line}`));
}

function closingLines(report: Report, { colors, width, directory }: Look & { directory: string }): string[] {
  const { run, verdict, environment, checks, provider } = report;
  const { symbol, color } = MARKS[verdict];
  const { mesh, clusters, notes } = environment;
  const on = mesh === null ? 'mesh unknown' : `${mesh.name} ${mesh.version} (${mesh.dataPlane})`;
  const time = run.ended === null ? 'never ended' : duration(Date.parse(run.ended) - Date.parse(run.started));
  const facts = [
    on,
    `${provider}, ${counted(clusters.length, 'cluster')}`,
    `seed ${String(run.seed)}`,
    time,
    ...notes,
  ];
  const word = verdict === 'skipped' ? 'NOTHING JUDGED' : verdict.toUpperCase();
  return [
    '',
    colors.bold(colors[color](`${symbol} ${word}`)) + (checks.length === 0 ? '' : `  ${countsOf(checks)}`),
    ...claimLines(checks).flatMap((line) => bullet(line, width)),
    ...profileLines(report, colors),
    ...wrap(oneLine(facts.join(' · ')), width - 2).map((line) => `  ${colors.dim(line)}`),
    `  report  ${directory}/report.json  (junit.xml, summary.md, events.ndjson)`,
    `  exit ${String(run.exitCode)}: ${EXIT_MEANINGS[run.exitCode] ?? 'unknown'}`,
  ];
}

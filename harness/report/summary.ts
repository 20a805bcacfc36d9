import { groupBy } from './group.ts';
import { numbersOf } from './numbers.ts';
import { countVerdicts, EXIT_MEANINGS } from './outcome.ts';
import { aloneOnTheirLines, duration, fit, oneLine } from './text.ts';
import type { CheckRecord, Profile, Report } from './types.ts';

/** Marks of the verdicts, beside the word: never colour alone. */
const MARKS: Readonly<Record<CheckRecord['verdict'], string>> = {
  conformant: '✅',
  'non-conformant': '❌',
  inconclusive: '❔',
  skipped: '➖',
};

/** The report as Markdown: the verdict first, then what failed, then everything. */
export function summaryMarkdown(report: Report): string {
  const sections = [
    ...head(report),
    ...profiles(report),
    ...troubles(report.checks),
    ...[...groupBy(report.checks, (check) => `${check.suite} / ${check.variant}`)].flatMap(tableOf),
    ...footer(report),
  ];
  return `${sections.join('\n')}\n`;
}

function head({ verdict, run, environment, provider, checks }: Report): readonly string[] {
  const counts = Object.entries(countVerdicts(checks)).filter(([, number]) => number > 0);
  const mesh =
    environment.mesh === null ? 'mesh unknown' : `${environment.mesh.name} ${environment.mesh.version}`;
  const clusters = environment.clusters.map(
    (cluster) => `${cluster.name} (${cluster.kubernetesVersion ?? '?'})`,
  );
  // Notes are sentences, or what the user gave with --note.
  const noted = environment.notes.map((note) => note.replace(/\.$/, '')).join('; ');
  const notes = noted === '' ? [] : [`Note: ${cell(noted)}.`, ''];
  return [
    `# Meshproof: ${MARKS[verdict]} ${verdict}`,
    '',
    `${counts.map(([word, number]) => `${String(number)} ${word}`).join(', ')}; exit ${String(run.exitCode)}: ${EXIT_MEANINGS[run.exitCode] ?? 'unknown'}.`,
    '',
    `${cell(mesh)} on ${cell(provider)}: ${cell(clusters.join(', '))}. Run ${code(run.id)}, seed ${code(String(run.seed))}.`,
    '',
    ...notes,
  ];
}

function profiles({ profiles }: Report): readonly string[] {
  const rows = profiles.map(({ suite, core, extended, skippedFor }) => {
    const cells = [cell(suite), level(core), level(extended), cell(skippedFor.join('; '))];
    return `| ${cells.join(' | ')} |`;
  });
  return section('Profiles', [
    '| Suite | Core | Extended | Skipped, because |',
    '|---|---|---|---|',
    ...rows,
  ]);
}

function level({ verdict, checks }: Profile['core']): string {
  const total = Object.values(checks).reduce((sum, count) => sum + count, 0);
  if (total === 0) return 'none asked for';
  return `${MARKS[verdict]} ${verdict} (${String(checks.conformant)} of ${String(total)})`;
}

function troubles(checks: readonly CheckRecord[]): readonly string[] {
  const troubled = checks.filter(({ verdict }) => verdict === 'non-conformant' || verdict === 'inconclusive');
  if (troubled.length === 0) return [];
  return ['## What needs a look', '', ...troubled.flatMap(troubleOf)];
}

function troubleOf(check: CheckRecord): readonly string[] {
  const { diagnostics, gate, answersFile } = check;
  const files = [...(answersFile === null ? [] : [answersFile]), ...(diagnostics?.files ?? [])];
  return [
    `### ${MARKS[check.verdict]} ${cell(check.id)}: ${check.verdict}`,
    '',
    `- Expected: ${cell(check.sentence)}`,
    `- Seen: ${cell(check.message)}`,
    ...(diagnostics?.where === undefined ? [] : [`- Where: ${cell(diagnostics.where)}`]),
    ...(gate === null || gate.reached
      ? []
      : [`- Gate not reached in ${duration(gate.waitedMs)}: ${cell(gate.sawLast)}`]),
    ...(diagnostics?.hints ?? []).map((hint) => `- Hint: ${cell(hint)}`),
    ...(files.length === 0 ? [] : [`- Look: ${files.map(code).join(', ')}`]),
    ...(diagnostics?.again === undefined ? [] : [`- Again: ${code(diagnostics.again)}`]),
    '',
  ];
}

function tableOf([place, checks]: readonly [string, readonly CheckRecord[]]): readonly string[] {
  const rows = checks.map((check) => {
    const short = check.id.replace(`${check.suite}/${check.variant}/`, '');
    const cells = [
      `${MARKS[check.verdict]} ${check.verdict}`,
      cell(short),
      cell(check.sentence),
      check.level,
      cell(numbersOf(check)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `## ${cell(place)}`,
    '',
    '| Verdict | Check | Promise | Level | Seen |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

function footer({ stages, defaults, preflight, notes }: Report): readonly string[] {
  const times = stages.map((stage) => {
    const place = [stage.suite, stage.variant, stage.cluster].filter((part) => part !== null).join('/');
    const time = stage.durationMs === null ? 'never ended' : duration(stage.durationMs);
    return `| ${stage.name} | ${cell(place)} | ${time} | ${stage.state} |`;
  });
  const findings = preflight.map(
    ({ severity, subject, message, remedy }) =>
      `- ${severity}: ${cell(subject)}: ${cell(message)}${remedy === null ? '' : ` (${code(remedy)})`}`,
  );
  const said = notes.map(({ level, text }) => {
    const [first = '', ...commands] = aloneOnTheirLines(text);
    return [`- ${level}: ${cell(first)}`, ...commands.map(code)].join(' ');
  });
  const declared = Object.entries(defaults).map(([key, value]) => `${code(key)} ${cell(String(value))}`);
  return [
    ...section('Notes', [...findings, ...said]),
    ...section(
      'Time per stage',
      times.length === 0 ? [] : ['| Stage | Where | Time | State |', '|---|---|---|---|', ...times],
    ),
    ...section('Statistical defaults', declared.length === 0 ? [] : [declared.join(', ')]),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

/** Text from elsewhere in a table: one line, and nothing in it is Markdown or HTML. */
function cell(text: string): string {
  return fit(oneLine(text), 2000).replace(/[\\`*_[\]|<>#]/g, (character) => `\\${character}`);
}

function code(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

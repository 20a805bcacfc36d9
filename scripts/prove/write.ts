/** The table before a proof, and the matrix after it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import type { Calibrated, Theory } from './calibration.ts';
import type { Matrix } from './prove.ts';
import type { Outcome, Row } from './types.ts';

const placeOf = ({ suite, variant, claim }: Row): string => `${suite}/${variant}/${claim}`;
const checksOf = ({ checks }: Row): string =>
  checks.length === 0 ? 'all that is judged' : checks.join(', ');

/** What is stated, a line for each row. */
export function tableText(rows: readonly Row[]): string {
  const columns = rows.map((row) => [row.defect, placeOf(row), checksOf(row), row.right, row.why ?? '']);
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(0, ...columns.map((cells) => cells[column]?.length ?? 0)),
  );
  return columns
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Writes `matrix.json` and `matrix.md` into a folder. */
export async function writeMatrix(matrix: Matrix, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'matrix.json'), `${JSON.stringify(matrix, null, 2)}\n`);
  await writeFile(join(folder, 'matrix.md'), await format(markdown(matrix), { parser: 'markdown' }));
}

function markdown(matrix: Matrix): string {
  const { rows, healthy, calibration, startedAt, seconds, jobs, starved, knownBefore } = matrix;
  return [
    '# The matrix: every defect, and what the suites say of it',
    `Made by \`npm run prove\` on the embedded reference mesh, ${startedAt.slice(0, 10)}: ${sumOf(matrix)} ` +
      `It took ${(seconds / 60).toFixed(1)} minutes, ${String(jobs)} runs at a time. ` +
      (knownBefore === 0
        ? ''
        : `Of the runs, ${String(knownBefore)} are taken from earlier matrices (\`--with\`), which may be of an earlier version. `) +
      'What is right was stated before the run (`scripts/prove/rows/`); each run is on a mesh of its own.' +
      (starved === 0
        ? ''
        : ` Runs whose callers got no processor say nothing of a mesh: ${String(starved)} were played again, alone.`),
    '## Defects',
    'Detected: runs that ended with the exit code that is right. Named: runs in which every check of the row ended as stated.',
    table(
      ['defect', 'scenario', 'checks', 'right', 'detected', 'named', 'requests', 'seconds', 'why'],
      rows.map(({ row, outcomes }) => [
        row.defect,
        placeOf(row),
        checksOf(row),
        row.right,
        share(outcomes, ({ detected }) => detected),
        share(outcomes, ({ problems }) => problems.length === 0),
        span(outcomes, ({ requests }) => requests),
        span(outcomes, (one) => one.seconds),
        row.why ?? '',
      ]),
    ),
    ...(healthy.length === 0
      ? []
      : [
          '## Healthy meshes',
          table(
            ['suite', 'load balancer', 'conformant', 'checks', 'seconds'],
            healthy.map(({ healthy: { suite, balancer }, outcomes }) => [
              suite,
              balancer,
              share(outcomes, ({ problems }) => problems.length === 0),
              span(outcomes, ({ conformant }) => conformant),
              span(outcomes, (one) => one.seconds),
            ]),
          ),
        ]),
    ...(calibration.length === 0
      ? []
      : [
          '## Calibration',
          'Simulated answers of meshes at the edge, where a single run may end either way.',
          table(
            [
              'claim',
              'truth',
              'seeds',
              'conformant',
              'non-conformant',
              'inconclusive',
              'requests',
              'theory',
              'agrees',
            ],
            calibration.map(calibrationRow),
          ),
        ]),
    ...problemsOf(matrix),
  ].join('\n\n');
}

function sumOf({ rows, healthy, holds }: Matrix): string {
  const runs = (all: readonly { readonly outcomes: readonly unknown[] }[]): string =>
    String(all.reduce((sum, { outcomes }) => sum + outcomes.length, 0));
  const defects = new Set(rows.map(({ row }) => row.defect.split('=')[0])).size;
  const sound = runs(healthy);
  return (
    `${String(defects)} defects in ${runs(rows)} runs, ${sound === '0' ? 'healthy meshes not played' : `${sound} runs of healthy meshes`}. ` +
    (holds ? 'All ended as stated.' : '**Not all ended as stated.**')
  );
}

const calibrationRow = ({ claim, truth, seeds, rates, requests, theory, agrees }: Calibrated): string[] => [
  claim,
  truth,
  String(seeds),
  ...[rates.conformant, rates['non-conformant'], rates.inconclusive].map((rate) => rate.toFixed(3)),
  requests.toFixed(0),
  theoryText(theory),
  agrees ? 'yes' : '**no**',
];

const theoryText = ({ verdict, rate, kind }: Theory): string => {
  const number = rate > 0.99 ? `1 − ${(1 - rate).toPrecision(1)}` : rate.toPrecision(2);
  return `${verdict} ${kind} ${rate === 0 || rate === 1 ? String(rate) : number}`;
};

function problemsOf({ rows, healthy }: Matrix): string[] {
  const lines = [
    ...rows.flatMap(({ row, outcomes }) =>
      outcomes.flatMap((one) => linesOf(`${row.defect} in ${placeOf(row)}`, one)),
    ),
    ...healthy.flatMap(({ healthy: { suite, balancer }, outcomes }) =>
      outcomes.flatMap((one) => linesOf(`${suite} under ${balancer}`, one)),
    ),
  ];
  return lines.length === 0 ? [] : ['## What differs', lines.join('\n')];
}

const linesOf = (what: string, { seed, problems }: Pick<Outcome, 'seed' | 'problems'>): string[] =>
  problems.map((problem) => `- ${what}, seed ${String(seed)}: ${problem}`);

function share<T>(all: readonly T[], holds: (one: T) => boolean): string {
  return `${String(all.filter(holds).length)} of ${String(all.length)}`;
}

/** The least and the most. */
function span<T>(all: readonly T[], of: (one: T) => number): string {
  const values = all.map(of).map(Math.round);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? String(least) : `${String(least)}–${String(most)}`;
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

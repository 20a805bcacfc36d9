// `npm run prove`: every defect of the embedded mesh is caught as stated, and no healthy mesh is accused.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { suiteNames } from '../harness/select.ts';
import { healthyRows } from './prove/healthy.ts';
import { readKnown } from './prove/known.ts';
import { prove } from './prove/prove.ts';
import { ROWS } from './prove/rows.ts';
import type { Row } from './prove/types.ts';
import { tableText, writeMatrix } from './prove/write.ts';

const USAGE = `npm run prove -- [OPTION…]
  --quick           one row for each claim, one seed, no healthy suites
  --defect NAME     only rows of this defect; may be repeated
  --suite NAME      only this suite; may be repeated
  --seeds N         runs of each row (5)
  --healthy N       runs of each suite on a healthy mesh, under each load balancer (5)
  --simulated N     seeds of each calibration row (200)
  --jobs N          runs at a time (one for each core); of whole suites, half as many
  --with FILE       a matrix.json of the same code: what it has is not played again; may be repeated
  --out DIR         where matrix.md and matrix.json go (reports/prove)
  --list            print what is stated, run nothing
`;

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    defect: { type: 'string', multiple: true, default: [] },
    suite: { type: 'string', multiple: true, default: [] },
    seeds: { type: 'string' },
    healthy: { type: 'string' },
    simulated: { type: 'string', default: '200' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    with: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: join('reports', 'prove') },
  },
});

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

if (given.help) say(USAGE);
else process.exitCode = await main();

async function main(): Promise<number> {
  const partial = given.defect.length > 0;
  const rows = given.quick ? firstOfEachClaim(wanted()) : wanted();
  if (rows.length === 0) {
    process.stderr.write(
      `no row is of ${[...given.suite, ...given.defect].join(', ')}\n  npm run prove -- --list\n`,
    );
    return 2;
  }
  say(tableText(rows));
  if (given.list) return 0;
  const times = number('healthy', given.quick || partial ? 0 : 5);
  const plan = {
    rows,
    seeds: number('seeds', given.quick ? 1 : 5),
    healthy: times === 0 ? [] : healthyRows(given.suite.length === 0 ? suiteNames('.') : given.suite),
    times,
    simulated: number('simulated', 200),
    jobs: number('jobs', 1),
    known: await readKnown(given.with).catch(toldAsMistake),
  };
  const matrix = await prove(plan, join('reports', 'out', 'prove'), say);
  await writeMatrix(matrix, given.out);
  const minutes = (matrix.seconds / 60).toFixed(1);
  say(
    `${matrix.holds ? 'the matrix holds' : 'NOT all ended as stated'}; ${minutes} min; ${join(given.out, 'matrix.md')}`,
  );
  return matrix.holds ? 0 : 1;
}

function toldAsMistake(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}

function wanted(): readonly Row[] {
  const isOf = (row: Row): boolean =>
    given.defect.some((name) => name === row.defect || name === row.defect.split('=')[0]);
  return ROWS.filter(
    (row) =>
      (given.defect.length === 0 || isOf(row)) &&
      (given.suite.length === 0 || given.suite.includes(row.suite)),
  );
}

/** The first row of each claim: the table's order is its own business. */
function firstOfEachClaim(rows: readonly Row[]): readonly Row[] {
  const byClaim = new Map([...rows].reverse().map((row) => [`${row.suite}/${row.claim}`, row]));
  return [...byClaim.values()].reverse();
}

function number(name: 'seeds' | 'healthy' | 'simulated' | 'jobs', fallback: number): number {
  const value = Number(given[name] ?? fallback);
  if (Number.isInteger(value) && value >= (name === 'jobs' ? 1 : 0)) return value;
  process.stderr.write(`--${name} ${String(given[name])}: expected a whole number\n`);
  process.exit(2);
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { prove } from './prove.ts';
import type { Right, Row } from './types.ts';
import { tableText, writeMatrix } from './write.ts';

const row = (defect: string, right: Right): Row => ({
  ...{ defect, suite: 'multi-primary', variant: 'flat', claim: 'M8', checks: ['identities'], right },
});

test(
  'a defect is caught on a mesh of its own, and one that was stated wrongly is told',
  { timeout: 180_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prove-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const rows = [row('identity-shared', 'non-conformant'), row('reader-may-write', 'non-conformant')];
    const said: string[] = [];
    const matrix = await prove(
      { rows, seeds: 1, healthy: [], times: 0, simulated: 0, jobs: 2 },
      join(folder, 'runs'),
      (line) => said.push(line),
    );
    expect(matrix.rows.map(({ outcomes }) => outcomes.map(({ exit, detected }) => [exit, detected]))).toEqual(
      [[[1, true]], [[0, false]]],
    );
    expect(matrix.holds).toBe(false);
    expect(said.join('\n')).toContain('DIFFERS');
    await writeMatrix(matrix, folder);
    const page = await readFile(join(folder, 'matrix.md'), 'utf8');
    expect(page).toContain('**Not all ended as stated.**');
    expect(page).toContain('reader-may-write in multi-primary/flat/M8, seed 1: expected exit 1, saw 0');
    expect(JSON.parse(await readFile(join(folder, 'matrix.json'), 'utf8'))).toMatchObject({ holds: false });
  },
);

test('the table says defect, scenario, checks and verdict, a line each', () => {
  expect(tableText([row('other-root', 'non-conformant')])).toBe(
    'other-root  multi-primary/flat/M8  identities  non-conformant\n',
  );
});

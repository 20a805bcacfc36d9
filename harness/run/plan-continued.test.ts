import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseArguments } from '../options/parse.ts';
import { plan, type Plan } from './plan.ts';

const fakes = fileURLToPath(new URL('../../fixtures/bin', import.meta.url));
const healthy = readFileSync(new URL('../../fixtures/events/healthy.ndjson', import.meta.url), 'utf8');
const suite = ['--suite', 'multi-primary'];
let folder = '';
let whole: Plan;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plan-continued-'));
  vi.stubEnv('PATH', fakes); // nothing real can be reached
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  whole = await planOf(...suite);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function planOf(...words: readonly string[]): Promise<Plan> {
  const parsed = parseArguments(['run', '--provider', 'kind', ...words], {});
  if ('options' in parsed && parsed.command === 'run') return plan(parsed.options);
  throw new Error(`a run was expected: ${JSON.stringify(parsed)}`);
}

/** The folder of a run that had planned all of multi-primary, and was ended when M2 had been played in one variant. */
function interrupted({ tells }: { readonly tells: boolean }): string {
  const planned = { checks: whole.checks, ...(tells ? { ids: whole.ids } : {}) };
  const lines = healthy
    .replaceAll('/M2/reached', '/M2/reaches')
    .replaceAll('/M2/half-each', '/M2/halves')
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes('"type":"check"') || line.includes('"multi-primary/flat/M2/'))
    .map((line) => JSON.parse(line) as { readonly type: string })
    .map((line) => {
      if (line.type === 'run-ended') return { ...line, signal: 'SIGINT' };
      return line.type === 'plan' ? { ...line, ...planned } : line;
    });
  const directory = mkdtempSync(join(folder, 'interrupted-'));
  writeFileSync(join(directory, 'events.ndjson'), lines.map((line) => JSON.stringify(line)).join('\n'));
  return directory;
}

const scenarios = ({ benches }: Plan): string[] =>
  benches.flatMap(({ parts }) =>
    parts.flatMap((part) =>
      part.scenarios.map(({ scenario }) => `${part.suite}/${part.variant}/${scenario.claim}`),
    ),
  );

describe('the plan of a run that goes on with one of which only a part was played', () => {
  test('is all the rest of that plan, the benches too that were never begun, and no other suite', async () => {
    const again = await planOf('--continue', interrupted({ tells: true }));
    expect(scenarios(again)).toEqual(scenarios(whole).filter((each) => each !== 'multi-primary/flat/M2'));
    expect(new Set(again.ids)).toEqual(new Set(whole.ids));
    expect(again.checks).toBe(whole.checks);
  });

  test('has what is not asked for now, too: it is not done', async () => {
    const directory = interrupted({ tells: true });
    const narrower = await planOf(...suite, '--scenario', 'M4', '--continue', directory);
    expect(new Set(scenarios(narrower))).toEqual(
      new Set(['multi-primary/flat/M4', 'multi-primary/gateways/M4']),
    );
    expect(new Set(narrower.ids)).toEqual(new Set(whole.ids));
    expect(narrower.checks).toBe(whole.checks);
    const other = await planOf('--suite', 'ingress', '--continue', directory);
    expect([scenarios(other), other.checks]).toEqual([[], whole.checks]);
  });

  test('has no fewer checks where the log does not tell which', async () => {
    const again = await planOf('--continue', interrupted({ tells: false }));
    expect([scenarios(again), again.checks]).toEqual([[], whole.checks]);
  });
});

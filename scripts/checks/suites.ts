import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { SuiteFacts } from '../suites-page/read.ts';
import { finding, type Check } from './types.ts';

/** Where the page lies, from the root of the project. */
const SUITES_PAGE = join('suites', 'README.md');

/** Lines of a difference that are shown; the rest are counted. */
const SHOWN = 12;

/** No two checks share an id, and `suites/README.md` says what the scenarios say. */
export const suites: Check = {
  name: 'suites',
  run: async () => {
    const { all, wanted } = await makePage();
    const present = await readFile(SUITES_PAGE, 'utf8').catch(() => undefined);
    const problems = [...sharedIds(all), ...staleLines(present, wanted)];
    const scenarios = all.flatMap((suite) => suite.scenarios);
    // One that differs between variants counts once.
    const checks = new Set(
      all.flatMap((suite) =>
        suite.scenarios.flatMap((each) => each.checks.map(({ id }) => `${suite.name}/${id}`)),
      ),
    );
    return finding(problems, `${all.length} suites, ${scenarios.length} scenarios, ${checks.size} checks`);
  },
};

/** Makes the page anew. */
export async function writeSuitesPage(): Promise<void> {
  const { wanted } = await makePage();
  await writeFile(SUITES_PAGE, wanted);
}

/** All suites, and the page as it is to be: formatted as all other files are. */
async function makePage(): Promise<{ readonly all: readonly SuiteFacts[]; readonly wanted: string }> {
  // Only now, because it loads the harness: while that is broken, the other checks are the ones to say where.
  const [{ readSuites }, { pageOf }] = await Promise.all([
    import('../suites-page/read.ts'),
    import('../suites-page/page.ts'),
  ]);
  const all = await readSuites('.');
  const options = await resolveConfig(SUITES_PAGE);
  return { all, wanted: await format(pageOf(all), { ...options, filepath: SUITES_PAGE }) };
}

/** Ids that two scenarios of a suite give to checks in the same variant: a report could not tell these apart. */
export function sharedIds(all: readonly SuiteFacts[]): readonly string[] {
  return all.flatMap(({ name, scenarios }) => {
    const folders = new Map<string, string[]>();
    for (const { folder, checks } of scenarios) {
      for (const id of checks.flatMap(({ id, variants }) => variants.map((variant) => `${variant}/${id}`))) {
        folders.set(id, [...(folders.get(id) ?? []), folder]);
      }
    }
    return [...folders]
      .filter(([, owners]) => owners.length > 1)
      .map(
        ([id, owners]) =>
          `suites/${name}: ${name}/${id} is declared by ${owners.join(' and ')}; expected one scenario for each id`,
      );
  });
}

/** What a page says that it should not (-), and does not say that it should (+); nothing if it is as it is to be. */
export function staleLines(present: string | undefined, wanted: string): readonly string[] {
  if (present === wanted) return [];
  const remedy = '  npm run suites';
  if (present === undefined) return [`${SUITES_PAGE} is missing. Make it:`, remedy];
  const [before, after] = [linesOf(present), linesOf(wanted)];
  const changes = [
    ...[...before].filter((line) => !after.has(line)).map((line) => `  - ${line}`),
    ...[...after].filter((line) => !before.has(line)).map((line) => `  + ${line}`),
  ];
  const more = changes.length > SHOWN ? [`  … and ${String(changes.length - SHOWN)} lines more`] : [];
  const what = changes.length > 0 ? 'is not what the scenarios say (+)' : 'differs in spacing or order';
  return [`${SUITES_PAGE} ${what}. Make it anew:`, remedy, ...changes.slice(0, SHOWN), ...more];
}

/** Lines without the padding of tables: one long cell moves all of its column. */
const linesOf = (text: string): ReadonlySet<string> =>
  new Set(text.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').replaceAll(/-{3,}/g, '---')));

// `npm run check`: everything that needs no cluster, but for the tests. `npm run check -- NAME…` runs only these,
// `npm run check -- --write` makes generated files anew and formats all others.
import { styleText } from 'node:util';
import pLimit from 'p-limit';
import { generated, writeGenerated } from './checks/generated.ts';
import { manifests } from './checks/manifests.ts';
import { program } from './checks/program.ts';
import { actionlint, shellcheck } from './checks/shell.ts';
import { suites, writeSuitesPage } from './checks/suites.ts';
import type { Check, Finding } from './checks/types.ts';
import { words } from './checks/words.ts';

/** The longest first: two run at a time. */
const checks: readonly Check[] = [
  program('eslint', ['--max-warnings', '0', '.']),
  program('tsc', ['--noEmit', '--pretty', 'false']),
  program('prettier', ['--check', '--log-level', 'warn', '.']),
  program('knip', ['--no-progress', '--treat-config-hints-as-errors']),
  program(
    'links',
    ['--frail', '--quiet', '--no-stdout', '--use', 'remark-validate-links=repository:false', '.'],
    'remark',
  ),
  generated,
  manifests,
  suites,
  words,
  shellcheck,
  actionlint,
];

const names = process.argv.slice(2);
if (names.includes('--write')) {
  await writeGenerated();
  await writeSuitesPage();
  await program('prettier', ['--write', '--log-level', 'warn', '.']).run();
}
const wanted = names.filter((name) => name !== '--write');
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `unknown check ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
const chosen = checks.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const limit = pLimit(2);
const passed = await Promise.all(chosen.map((check) => limit(() => report(check))));
process.exitCode = passed.every(Boolean) ? 0 : 1;

/** Runs a check and prints its line, and below it what is wrong. */
async function report(check: Check): Promise<boolean> {
  const start = performance.now();
  const found = await check.run().catch((error: unknown): Finding => ({ problems: [String(error)] }));
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(7);
  const line = (mark: string, rest: string) =>
    console.log(`${mark} ${check.name.padEnd(10)} ${seconds}  ${rest}`.trimEnd());
  if ('ok' in found) line(paint('green', 'ok  '), found.ok);
  else if ('skipped' in found) line(paint('yellow', 'skip'), found.skipped);
  else line(paint('red', 'FAIL'), `\n${found.problems.join('\n')}\n`);
  return !('problems' in found);
}

function paint(color: 'green' | 'yellow' | 'red', text: string): string {
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' ? styleText(color, text) : text;
}

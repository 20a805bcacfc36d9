import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { JudgeOptions } from '../options/types.ts';
import { exitCodeOf, judge } from '../verdict/judge.ts';
import { parseRule } from '../verdict/parse-rule.ts';
import { Mistakes } from './mistakes.ts';
import { lookNear, userPath } from './setup.ts';

/** Where the rules are shown. */
const HELP = 'See: npx meshproof judge --help';

/** Judges answers that somebody else recorded, by the rules and error rates of the harness. */
export async function judgeFile(options: JudgeOptions): Promise<number> {
  const parsed = parseRule(ruleText(options.rule));
  if ('mistakes' in parsed) throw new Mistakes([...parsed.mistakes, HELP]);
  let unparsable = 0;
  const onUnparsable = (): void => {
    unparsable++;
  };
  const judging = { ...options, onUnparsable };
  const judgement = await judge(parsed.rule, linesOf(options.file), judging).catch((error: unknown) => {
    if (error instanceof Error && 'syscall' in error)
      throw new Mistakes([`${options.file} cannot be read as a file with answers: ${error.message}`]);
    throw error;
  });
  // They count as lost calls all the same: who wrote them meant to say something. A file that is none has nothing else.
  if (unparsable > 0)
    process.stderr.write(
      `warning: ${String(unparsable)} of ${String(judgement['total'])} lines of ${options.file} are no answers, and count as lost calls; expected one JSON object with a label each, as in {"label":"v1"}\n`,
    );
  process.stdout.write(`${JSON.stringify(judgement, null, 2)}\n`);
  return exitCodeOf(judgement.verdict);
}

/** JSON begins with a brace; anything else names a file. */
function ruleText(rule: string): string {
  if (rule.trimStart().startsWith('{')) return rule;
  try {
    return readFileSync(userPath(rule), 'utf8');
  } catch {
    throw new Mistakes([
      `--rule: expected JSON or a file with it; there is no file ${rule}. See: ${lookNear(rule)}`,
    ]);
  }
}

function linesOf(file: string): AsyncIterable<string> {
  if (file === '-') return createInterface({ input: process.stdin, crlfDelay: Infinity });
  if (!existsSync(userPath(file)))
    throw new Mistakes([
      `there is no file ${file} with answers; - reads standard input. See: ${lookNear(file)}`,
    ]);
  return createInterface({ input: createReadStream(userPath(file)), crlfDelay: Infinity });
}

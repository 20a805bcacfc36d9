import type { RunOptions } from '../options/types.ts';
import type { Subject } from '../scenario.ts';
import { describeRule } from '../verdict/describe.ts';
import { planOf } from '../verdict/plan.ts';
import { benchesOf, type Bench, type Chosen } from './bench.ts';
import { ofShard } from './choose.ts';
import { providerAsked } from './choose-provider.ts';
import { chooseSound } from './plan.ts';
import { boundsOf } from './setup.ts';

/** One check of the list. */
interface Listed {
  readonly id: string;
  readonly claim: string;
  readonly level: string;
  readonly sentence: string;
  readonly rule: string;
  /** Most requests that it may take; null where it samples nothing, or goes by the clock. */
  readonly maxRequests: number | null;
}

/** In words, how a check is judged. */
function ruleOf(subject: Subject): string {
  switch (subject.kind) {
    case 'answers':
      return describeRule(subject.rule);
    case 'takeover':
      return describeRule({ ...subject.rule, eventMs: 0 });
    case 'return':
      return `${subject.labels.join(' and ')} answer again within ${String(subject.withinMs / 1000)} s`;
    case 'fact':
      return 'a state of the mesh, looked at';
  }
}

/** The checks of one suite in one variant. */
export function checksOf({ suite, variant, scenarios }: Chosen, options: RunOptions): Listed[] {
  return scenarios.flatMap(({ scenario }) =>
    Object.entries(scenario.checks({ bounds: boundsOf(options), variant })).map(
      ([check, { level, sentence, subject }]) => ({
        id: `${suite}/${variant}/${scenario.claim}/${check}`,
        claim: scenario.claim,
        level,
        sentence,
        rule: ruleOf(subject),
        maxRequests: subject.kind === 'answers' ? planOf(subject.rule).maxRequests : null,
      }),
    ),
  );
}

/** Prints what there is to run. Touches nothing. */
export async function list(options: RunOptions): Promise<number> {
  printList(await benchesAsked(options), options);
  return 0;
}

/** What would be brought up, as far as the options alone tell. @throws Mistakes with all of them */
export async function benchesAsked(options: RunOptions): Promise<readonly Bench[]> {
  return ofShard(benchesOf(await chooseSound(options, providerAsked(options))), options);
}

/** Prints what is played on benches. */
export function printList(benches: readonly Bench[], options: RunOptions): void {
  const all = benches.flatMap(({ parts }) => parts);
  const checks = all.flatMap((one) => checksOf(one, options));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
    return;
  }
  for (const one of all) {
    process.stdout.write(`\n${one.suite}/${one.variant}\n`);
    for (const { scenario, file } of one.scenarios) {
      process.stdout.write(`  ${scenario.claim.padEnd(4)} ${scenario.title}  (${file.name})\n`);
      for (const check of checksOf(
        { ...one, scenarios: one.scenarios.filter((each) => each.file === file) },
        options,
      )) {
        const cost =
          check.maxRequests === null ? '' : `, at most ${check.maxRequests.toLocaleString('en')} requests`;
        process.stdout.write(
          `         ${check.id}  [${check.level}${cost}]\n           ${check.sentence}: ${check.rule}\n`,
        );
      }
    }
  }
  process.stdout.write(`\n${String(checks.length)} checks\n`);
}

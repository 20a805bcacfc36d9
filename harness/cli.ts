/** The command line: reads arguments, calls the command, sets the exit code. A user never sees a stack trace. */
import { DEBUG_VARIABLE, parseArguments, type Arguments, type Refused } from './options/parse.ts';
import type { RunOptions } from './options/types.ts';
import { Mistakes } from './run/mistakes.ts';

/** Each command loads what it needs, and no more: only a run needs vitest and all that comes with it. */
async function carryOut(asked: Arguments): Promise<number> {
  switch (asked.command) {
    case 'run':
      return carryOutRun(asked.options);
    case 'list':
      return (await import('./run/list.ts')).list(asked.options);
    case 'doctor':
      return (await import('./run/doctor.ts')).doctor(asked.options);
    case 'judge':
      return (await import('./run/judge-command.ts')).judgeFile(asked.options);
    case 'clean':
      return (await import('./run/clean-command.ts')).clean(asked.options);
    case 'report':
      return (await import('./run/report-command.ts')).rebuildReport(asked.options);
  }
}

async function carryOutRun(options: RunOptions): Promise<number> {
  if (options.defect.some(({ name }) => name === 'list'))
    return (await import('./run/defects.ts')).listDefects(options);
  if (options.dryRun) return (await import('./run/dry-run.ts')).dryRun(options);
  return (await import('./run/run.ts')).run(options, ['meshproof', ...process.argv.slice(2)].join(' '));
}

function told(error: unknown): number {
  if (error instanceof Mistakes) {
    process.stderr.write(`${error.mistakes.join('\n')}\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`the harness broke: ${message}\n`);
  if (process.env[DEBUG_VARIABLE] !== undefined && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
  return 3;
}

/** All at once: what is wrong with the suites too, and where it is shown what there is. */
async function withUnknownSuites({ mistakes, asked, suites = [] }: Refused): Promise<string[]> {
  const chosen =
    suites.length === 0
      ? { suites }
      : (await import('./select.ts')).chooseSuites((await import('./run/setup.ts')).ROOT, suites);
  const help = mistakes.some((mistake) => mistake.includes('--help'))
    ? []
    : [`See: npx meshproof ${asked === undefined ? '' : `${asked} `}--help`];
  return [...mistakes, ...('mistakes' in chosen ? chosen.mistakes : []), ...help];
}

async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2), process.env);
  if ('help' in parsed) {
    process.stdout.write(parsed.help);
    return 0;
  }
  if ('mistakes' in parsed) {
    process.stderr.write(`${(await withUnknownSuites(parsed)).join('\n')}\n`);
    return 2;
  }
  for (const warning of parsed.warnings) process.stderr.write(`warning: ${warning}\n`);
  return carryOut(parsed);
}

// Whoever read what is printed may be gone, as in `… | tee log` after Ctrl-C: what was made has to be taken away all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// Node's own exit code for what nobody caught is 1: an accusation.
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error: unknown) => process.exit(told(error)));
process.exitCode = await main().catch(told);

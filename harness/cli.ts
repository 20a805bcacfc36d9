/** The command line: reads arguments, calls the command, sets the exit code. A user never sees a stack trace. */
import { parseArguments, type Arguments } from './options/parse.ts';
import { clean } from './run/clean-command.ts';
import { doctor } from './run/doctor.ts';
import { dryRun } from './run/dry-run.ts';
import { judgeFile } from './run/judge-command.ts';
import { list } from './run/list.ts';
import { Mistakes } from './run/mistakes.ts';
import { rebuildReport } from './run/report-command.ts';

async function carryOut(asked: Arguments): Promise<number> {
  switch (asked.command) {
    case 'run': {
      if (asked.options.dryRun) return dryRun(asked.options);
      // Only a run needs vitest and all that comes with it.
      const { run } = await import('./run/run.ts');
      return run(asked.options, ['meshproof', ...process.argv.slice(2)].join(' '));
    }
    case 'list':
      return list(asked.options);
    case 'doctor':
      return doctor(asked.options);
    case 'judge':
      return judgeFile(asked.options);
    case 'clean':
      return clean(asked.options);
    case 'report':
      return rebuildReport(asked.options);
  }
}

function told(error: unknown): number {
  if (error instanceof Mistakes) {
    process.stderr.write(`${error.mistakes.join('\n')}\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`the harness broke: ${message}\n`);
  if (process.env['MESHPROOF_DEBUG'] !== undefined && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
  return 3;
}

async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2), process.env);
  if ('help' in parsed) {
    process.stdout.write(parsed.help);
    return 0;
  }
  if ('mistakes' in parsed) {
    process.stderr.write(`${parsed.mistakes.join('\n')}\n`);
    return 2;
  }
  for (const warning of parsed.warnings) process.stderr.write(`warning: ${warning}\n`);
  return carryOut(parsed);
}

process.exitCode = await main().catch(told);

import { parseArguments } from './options/parse.ts';
import { Mistakes, run } from './run/run.ts';

const parsed = parseArguments(process.argv.slice(2), process.env);
if ('help' in parsed) process.stdout.write(parsed.help);
else if ('mistakes' in parsed) {
  process.stderr.write(`${parsed.mistakes.join('\n')}\n`);
  process.exitCode = 2;
} else if (parsed.command === 'run') {
  try {
    process.exitCode = await run(parsed.options, process.argv.slice(2).join(' '));
  } catch (error) {
    if (!(error instanceof Mistakes)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

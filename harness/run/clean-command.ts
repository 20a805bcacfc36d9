import type { CleanOptions } from '../options/types.ts';
import { cleanAll } from './clean.ts';
import { withContexts } from './contexts.ts';
import { userPath } from './setup.ts';

/** Removes and puts back what dead runs left: 0 if nothing is left, else 3. */
export async function clean(options: CleanOptions): Promise<number> {
  const result = await cleanAll(
    {
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      kindProgram: options.kindBin,
      sources: (await withContexts(options.cluster)).map((source) => ({
        ...source,
        file: userPath(source.file),
      })),
    },
    (text) => process.stderr.write(`${text}\n`),
  );
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    for (const what of result.cleaned) process.stdout.write(`cleaned: ${what}\n`);
    for (const what of result.refused) process.stdout.write(`not touched: ${what}\n`);
    for (const what of result.left) process.stdout.write(`left: ${what}\n`);
    if (result.cleaned.length + result.refused.length + result.left.length === 0)
      process.stdout.write('nothing to clean\n');
  }
  return result.left.length === 0 ? 0 : 3;
}

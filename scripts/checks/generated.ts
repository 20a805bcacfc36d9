import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { reportJsonSchema } from '../../harness/report/schema.ts';
import { finding, type Check } from './types.ts';

/** A file that is made from others and committed all the same. */
export interface Generated {
  readonly file: string;
  /** Its text; it is formatted before it is compared. */
  readonly make: () => Promise<string>;
}

/** Every generated file. To add one: a line here; `npm run check -- --write` makes it. */
const generatedFiles: readonly Generated[] = [
  { file: 'reports/report.schema.json', make: () => Promise.resolve(JSON.stringify(reportJsonSchema())) },
];

/** Generated files are what they would be if they were made now. */
export const generated: Check = {
  name: 'generated',
  run: async () => {
    const problems = await Promise.all(generatedFiles.map(staleness));
    return finding(problems.flat(), `${generatedFiles.length} files`);
  },
};

/** What is wrong with a generated file: nothing if it is up to date. */
export async function staleness({ file, make }: Generated): Promise<readonly string[]> {
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === (await formatted(file, make))) return [];
  return [`${file} is ${present === undefined ? 'missing' : 'stale'}: npm run check -- --write`];
}

/** Makes all of them anew. */
export async function writeGenerated(): Promise<void> {
  for (const { file, make } of generatedFiles) await writeFile(file, await formatted(file, make));
}

async function formatted(file: string, make: () => Promise<string>): Promise<string> {
  return format(await make(), { filepath: file, singleQuote: true, printWidth: 110, trailingComma: 'all' });
}

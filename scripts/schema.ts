/**
 * Writes `reports/report.schema.json`, the published JSON Schema of `report.json`; with `--check` it only says whether
 * the file is up to date (exit 1: it is not).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { reportJsonSchema } from '../harness/report/schema.ts';

const file = new URL('../reports/report.schema.json', import.meta.url);
const options = await resolveConfig(file);
const wanted = await format(JSON.stringify(reportJsonSchema()), { ...options, parser: 'json' });

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (present() !== wanted) {
  process.stderr.write(
    'reports/report.schema.json is not that of harness/report/schema.ts. Run: npx tsx scripts/schema.ts\n',
  );
  process.exitCode = 1;
}

function present(): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

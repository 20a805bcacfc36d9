/**
 * Writes the figures of runs side by side, check by check: on real clusters, in one run or in several, and on the embedded
 * mesh. A check that several of the real runs judged is the first one's that judged it.
 *
 *     node --import tsx scripts/side-by-side.ts REAL/report.json… EMBEDDED/report.json >reports/embedded-vs-istio.md
 */
import { readFileSync } from 'node:fs';
import { report } from '../harness/report/schema.ts';
import type { Report } from '../harness/report/types.ts';
import { together } from './side-by-side/compare.ts';
import { sideBySide } from './side-by-side/page.ts';

const read = (file: string): Report => report.parse(JSON.parse(readFileSync(file, 'utf8')));

const files = process.argv.slice(2);
const [real, ...more] = files.slice(0, -1);
const embedded = files.at(-1);
if (real === undefined || embedded === undefined) {
  process.stderr.write('expected reports: node --import tsx scripts/side-by-side.ts REAL… EMBEDDED\n');
  process.exitCode = 2;
} else process.stdout.write(sideBySide(together(read(real), more.map(read)), read(embedded)));

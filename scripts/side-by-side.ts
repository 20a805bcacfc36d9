/**
 * Writes the figures of two runs side by side, check by check: one on real clusters, one on the embedded mesh.
 *
 *     node --import tsx scripts/side-by-side.ts REAL/report.json EMBEDDED/report.json >reports/embedded-vs-istio.md
 */
import { readFileSync } from 'node:fs';
import { report } from '../harness/report/schema.ts';
import type { Report } from '../harness/report/types.ts';
import { sideBySide } from './side-by-side/page.ts';

const read = (file: string): Report => report.parse(JSON.parse(readFileSync(file, 'utf8')));

const [real, embedded] = process.argv.slice(2);
if (real === undefined || embedded === undefined) {
  process.stderr.write('expected two reports: node --import tsx scripts/side-by-side.ts REAL EMBEDDED\n');
  process.exitCode = 2;
} else process.stdout.write(sideBySide(read(real), read(embedded)));

/**
 * Compares the port with vectors on standard input, or in the file that is named:
 *   make.py REFERENCE.py SEED | node --import tsx scripts/vectors/compare.ts
 */
import { readFileSync } from 'node:fs';
import { differences } from './differences.ts';
import type { Vectors } from './differences.ts';

const vectors = JSON.parse(readFileSync(process.argv[2] ?? 0, 'utf8')) as Vectors;
const { compared, found } = differences(vectors);
process.stdout.write(
  `seed ${String(vectors.seed)}: ${String(compared)} numbers compared, ${String(found.length)} differ\n`,
);
for (const line of found.slice(0, 50)) process.stdout.write(`  ${line}\n`);
process.exitCode = found.length > 0 ? 1 : 0;

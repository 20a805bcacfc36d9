import type { RunOptions } from '../options/types.ts';
import { DEFECTS } from '../provider/embedded/defects.ts';

/** Prints what can be wrong with the embedded mesh on purpose: cause, symptom, source. */
export function listDefects({ json }: RunOptions): number {
  const rows = Object.entries(DEFECTS).map(([name, { cause, symptom, source, fallback }]) => ({
    name: fallback === undefined ? name : `${name}=${fallback}`,
    cause,
    symptom,
    source,
  }));
  const text = rows.map(
    (row) => `${row.name}\n  cause    ${row.cause}\n  symptom  ${row.symptom}\n  source   ${row.source}\n`,
  );
  process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : text.join(''));
  return 0;
}

/**
 * How often each verdict is given for meshes that do and do not what they should.
 *   node --import tsx scripts/simulate/operating-characteristics.ts [RUNS [SEED]]
 */
import { pathToFileURL } from 'node:url';
import { distribution } from '../../harness/verdict/rules.ts';
import { SequentialTest } from '../../harness/verdict/sequential-test.ts';
import type { Rule } from '../../harness/verdict/types.ts';
import type { Mesh } from './meshes.ts';
import { balanced, roundRobin, sticky } from './meshes.ts';
import { randomFrom } from './random.ts';

/** Verdicts of many runs, and their mean number of requests. */
export interface Outcomes {
  readonly conformant: number;
  readonly 'non-conformant': number;
  readonly inconclusive: number;
  readonly requests: number;
}

/** Runs a rule against new instances of a mesh, each until a verdict or the end of the planned budget. */
export function outcomesOf(rule: Rule, newMesh: () => Mesh, runs: number): Outcomes {
  const count = { conformant: 0, 'non-conformant': 0, inconclusive: 0 };
  let requests = 0;
  for (let run = 0; run < runs; run++) {
    const test = new SequentialTest(rule);
    const mesh = newMesh();
    for (let sent = 0; sent < test.plan.maxRequests && !test.decided; sent++)
      test.observe({ label: mesh(sent) });
    const assessment = test.assess();
    count[assessment.verdict]++;
    requests += assessment.requests;
  }
  return { ...count, requests: requests / runs };
}

/** The meshes of the table, by name. */
export function meshesOf(random: () => number): Readonly<Record<string, () => Mesh>> {
  return {
    '50/50': () => balanced({ v1: 1, v2: 1 }, random),
    'in turn': () => roundRobin(['v1', 'v2']),
    'sticky 50/50': () => sticky({ v1: 1, v2: 1 }, random, 10),
    '60/40': () => balanced({ v1: 6, v2: 4 }, random),
    '70/30': () => balanced({ v1: 7, v2: 3 }, random),
    '100/0': () => balanced({ v1: 1 }, random),
  };
}

function main(runs: number, seed: number): void {
  const rule = distribution({ v1: 1, v2: 1 });
  process.stdout.write(`claim: 1:1 within 10 points; ${String(runs)} runs, seed ${String(seed)}\n`);
  for (const [name, newMesh] of Object.entries(meshesOf(randomFrom(seed)))) {
    const { requests, ...verdicts } = outcomesOf(rule, newMesh, runs);
    process.stdout.write(`${name.padEnd(14)}${JSON.stringify(verdicts)}, ${requests.toFixed(0)} requests\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 1));
}

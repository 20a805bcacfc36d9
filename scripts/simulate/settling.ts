/**
 * The risks of settling with restarts, beside those of "any attempt may pass", at risks large enough to be seen.
 *   node --import tsx scripts/simulate/settling.ts [RUNS [SEED]]
 */
import { pathToFileURL } from 'node:url';
import { distribution } from '../../harness/verdict/rules.ts';
import { SequentialTest } from '../../harness/verdict/sequential-test.ts';
import { SettlingTest } from './settling-test.ts';
import type { Assessment, Risk } from '../../harness/verdict/types.ts';
import type { Mesh } from './meshes.ts';
import { balanced, changing } from './meshes.ts';
import { randomFrom } from './random.ts';

/** The change is made at 0; the mesh has 30 s; calls are sent at 50/s, for three times as long as that. */
const WITHIN_MS = 30_000;
const EVERY_MS = 20;
const UNTIL_MS = 3 * WITHIN_MS;
const RESTARTS = 5;
/** False passes are allowed often here, so that a few hundred runs show whether they are as rare as stated. */
const RISK: Risk = { falsePass: 0.05, falseFail: 0.01 };
const RULE = distribution({ v1: 1, v2: 1 });

/** What became of many runs. */
export interface SettlingOutcomes {
  readonly conformant: number;
  readonly 'non-conformant': number;
  readonly inconclusive: number;
  /** Runs that pass if any of as many separate attempts may pass, each at the full risk. */
  readonly anyAttempt: number;
}

/** Start points share the risk, and go on. */
function settling(mesh: Mesh): Assessment['verdict'] {
  const test = new SettlingTest(RULE, { startMs: 0, withinMs: WITHIN_MS, restarts: RESTARTS, risk: RISK });
  for (let atMs = 0; atMs < UNTIL_MS && !test.decided; atMs += EVERY_MS) {
    test.observe({ label: mesh(atMs), sentMs: atMs });
  }
  return test.assess().verdict;
}

/** What is not allowed: a fresh test at the full risk each time, until one is green. */
function anyAttempt(mesh: Mesh): boolean {
  const lengthMs = UNTIL_MS / RESTARTS;
  return Array.from({ length: RESTARTS }, (_, attempt) => attempt * lengthMs).some((fromMs) => {
    const test = new SequentialTest(RULE, RISK);
    for (let atMs = fromMs; atMs < fromMs + lengthMs && !test.decided; atMs += EVERY_MS) {
      test.observe({ label: mesh(atMs) });
    }
    return test.assess().verdict === 'conformant';
  });
}

/** Meshes that settle in time, late, or not at all. */
export function settlingMeshes(random: () => number): Readonly<Record<string, () => Mesh>> {
  const good = (): Mesh => balanced({ v1: 1, v2: 1 }, random);
  const only = (): Mesh => balanced({ v1: 1 }, random);
  return {
    'at once': good,
    'at 1/2 of the time': () => changing(only(), good(), WITHIN_MS / 2),
    'at the limit': () => changing(only(), good(), WITHIN_MS),
    'at twice the limit': () => changing(only(), good(), 2 * WITHIN_MS),
    'never: 60/40': () => balanced({ v1: 6, v2: 4 }, random),
    'never: 70/30': () => balanced({ v1: 7, v2: 3 }, random),
    'never: 100/0': only,
  };
}

/** Runs settling tests, and as many series of attempts, on new instances of a mesh. */
export function settlingOutcomes(newMesh: () => Mesh, runs: number): SettlingOutcomes {
  const count = { conformant: 0, 'non-conformant': 0, inconclusive: 0, anyAttempt: 0 };
  for (let run = 0; run < runs; run++) {
    count[settling(newMesh())]++;
    if (anyAttempt(newMesh())) count.anyAttempt++;
  }
  return count;
}

function main(runs: number, seed: number): void {
  const { falsePass, falseFail } = RISK;
  process.stdout.write(
    `claim: 1:1 within ${String(WITHIN_MS / 1000)} s; false pass ≤ ${String(falsePass)}, false fail ≤ ${String(falseFail)}; ` +
      `${String(runs)} runs, seed ${String(seed)}\n`,
  );
  for (const [name, newMesh] of Object.entries(settlingMeshes(randomFrom(seed)))) {
    process.stdout.write(`${name.padEnd(20)}${JSON.stringify(settlingOutcomes(newMesh, runs))}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 1));
}

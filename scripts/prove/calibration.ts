/**
 * Meshes so close to what is claimed that a single run may end either way: many runs on simulated answers, and the measured rates
 * beside the theory. The risks are those that the verdict module declares; what stands under "about" was measured with its
 * reference implementation.
 */
import { DEFAULTS } from '../../harness/verdict/defaults.ts';
import { binomialAtLeast, binomialAtMost } from '../../harness/verdict/numerics/incomplete-beta.ts';
import { distribution, errorRate, exclusive, reaches } from '../../harness/verdict/rules.ts';
import type { Rule, Verdict } from '../../harness/verdict/types.ts';
import { balanced, roundRobin, sticky, type Mesh } from '../simulate/meshes.ts';
import { outcomesOf } from '../simulate/operating-characteristics.ts';
import { randomFrom } from '../simulate/random.ts';

type Judged = Exclude<Verdict, 'skipped'>;

/** How often a verdict is to be expected. */
export interface Theory {
  readonly verdict: Judged;
  readonly rate: number;
  readonly kind: 'at most' | 'at least' | 'about';
}

/** A mesh, and a claim that it is held to. */
interface Case {
  readonly claim: string;
  readonly truth: string;
  readonly rule: Rule;
  readonly mesh: (random: () => number) => Mesh;
  readonly theory: Theory;
}

/** Rates over all seeds. */
export interface Calibrated {
  readonly claim: string;
  readonly truth: string;
  readonly seeds: number;
  readonly rates: Readonly<Record<Judged, number>>;
  /** Mean number of answers. */
  readonly requests: number;
  readonly theory: Theory;
  readonly agrees: boolean;
}

const halves = distribution({ v1: 1, v2: 1 });
const shares =
  (v1: number): Case['mesh'] =>
  (random) =>
    balanced({ v1, v2: 100 - v1 }, random);
const errors =
  (percent: number): Case['mesh'] =>
  (random) =>
    balanced({ v1: 100 - percent, error: percent }, random);
const most = (verdict: Judged, rate: number): Theory => ({ verdict, rate, kind: 'at most' });
const least = (verdict: Judged, rate: number): Theory => ({ verdict, rate, kind: 'at least' });
const about = (verdict: Judged, rate: number): Theory => ({ verdict, rate, kind: 'about' });

/** So many answers without a foreign one rule out a leak: what a leak of `share` has to survive to pass. */
const survives = (share: number): number =>
  (1 - share) ** Math.ceil(Math.log(DEFAULTS.falsePass) / Math.log(1 - DEFAULTS.leakLimit));

const { falsePass, falseFail, budgetMiss } = DEFAULTS;
const CASES: readonly Case[] = [
  ...[
    ['50/50', shares(50), least('conformant', 1 - budgetMiss)] as const,
    ['in turn', () => roundRobin(['v1', 'v2']), least('conformant', 1 - budgetMiss)] as const,
    ['55/45', shares(55), about('conformant', 0.64)] as const,
    ['55/45, never an accusation', shares(55), most('non-conformant', falseFail)] as const,
    ['60/40', shares(60), most('conformant', falsePass)] as const,
    ['65/35', shares(65), about('non-conformant', 0.999)] as const,
    [
      '50/50 in blocks of 10',
      (random: () => number) => sticky({ v1: 1, v2: 1 }, random, 10),
      about('inconclusive', 0.9995),
    ] as const,
  ].map(([truth, mesh, theory]) => ({ claim: 'half each', truth, rule: halves, mesh, theory })),
  ...[0.5, 1, 3].map((percent) => ({
    claim: 'v1 alone',
    truth: `${String(percent)} % of v2`,
    rule: exclusive('v1'),
    mesh: shares(100 - percent),
    theory: about('conformant', survives(percent / 100)),
  })),
  {
    claim: 'v1 and v2 answer',
    truth: '25 % of v2',
    rule: reaches(['v1', 'v2']),
    mesh: shares(75),
    theory: most('non-conformant', falseFail),
  },
  {
    claim: 'v1 and v2 answer',
    truth: 'v1 alone',
    rule: reaches(['v1', 'v2']),
    mesh: shares(100),
    theory: least('non-conformant', 1 - budgetMiss),
  },
  ...[
    ['0.1 %', errors(0.1), least('conformant', 1 - budgetMiss)] as const,
    ['1 %', errors(1), most('conformant', falsePass)] as const,
    ['3 %', errors(3), about('non-conformant', 0.9999)] as const,
  ].map(([truth, mesh, theory]) => ({
    claim: 'fewer than 1 % errors',
    truth,
    rule: errorRate({ below: 0.01 }),
    mesh,
    theory,
  })),
];

/** Runs every case with the seeds 1 to `seeds`. */
export const calibrate = (seeds: number): readonly Calibrated[] => CASES.map((one) => measured(one, seeds));

function measured({ claim, truth, rule, mesh, theory }: Case, seeds: number): Calibrated {
  let seed = 0;
  const { requests, ...counts } = outcomesOf(rule, () => mesh(randomFrom(++seed)), seeds);
  const rates = {
    conformant: counts.conformant / seeds,
    'non-conformant': counts['non-conformant'] / seeds,
    inconclusive: counts.inconclusive / seeds,
  };
  return {
    claim,
    truth,
    seeds,
    rates,
    requests,
    theory,
    agrees: agrees(counts[theory.verdict], seeds, theory),
  };
}

/** A count that is rarer than this under the theory speaks against it. The seeds are always the same, so no table is red by chance. */
const ALARM = 1e-3;

/** Whether a count of `n` runs is one that the theory lets expect. */
export function agrees(count: number, n: number, { rate, kind }: Omit<Theory, 'verdict'>): boolean {
  const low = kind === 'at most' ? 1 : binomialAtMost(count, n, rate);
  const high = kind === 'at least' ? 1 : binomialAtLeast(count, n, rate);
  return low >= ALARM && high >= ALARM;
}

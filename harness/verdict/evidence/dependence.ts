import { DEFAULTS } from '../defaults.ts';
import { lnGamma } from '../numerics/ln-gamma.ts';
import { xLogY } from '../numerics/log-space.ts';
import type { Dependence } from '../types.ts';

const LN_GAMMA_HALF = lnGamma(0.5);

/** ln of the Krichevsky–Trofimov probability of counts over so many kinds (Dirichlet prior of one half each). */
export function logKrichevskyTrofimov(counts: readonly number[], kinds: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const labels = counts.reduce((sum, count) => sum + lnGamma(count + 0.5) - LN_GAMMA_HALF, 0);
  return labels + lnGamma(kinds / 2) - lnGamma(kinds / 2 + total);
}

/** ln of the largest likelihood of independent answers with these counts. */
export function logLargestIndependent(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum + xLogY(count, count / total), 0);
}

/** Answers by label, and how labels followed one another: `transitions[from][to]`, never across clients. */
export interface Sequence {
  readonly counts: readonly number[];
  readonly transitions: readonly (readonly number[])[];
  /** How many streams (clients) the answers came in: the first answer of each follows none. */
  readonly streams: number;
}

/** Lag-1 autocorrelation of the labels: 0 for independent answers, 1 for a constant stream of each. */
function autocorrelation({ counts, transitions }: Sequence): number {
  const answers = counts.reduce((sum, count) => sum + count, 0);
  const moves = transitions.flat().reduce((sum, count) => sum + count, 0);
  const stays = transitions.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  const expected = counts.reduce((sum, count) => sum + (count / answers) ** 2, 0);
  return expected < 1 && moves > 0 ? (stays / moves - expected) / (1 - expected) : 0;
}

/**
 * Are the answers independent draws? An e-value against exchangeability: the transitions under a mixture of chains over
 * the best independent fit (Ramdas, Ruf, Larsson & Koolen 2022), with the autocorrelation and what it leaves of n (F11).
 */
export function dependenceOf(sequence: Sequence): Dependence {
  const { counts, transitions, streams } = sequence;
  const answers = counts.reduce((sum, count) => sum + count, 0);
  if (answers < 2) return { kind: 'none', logE: 0, lag1: 0, effectiveSampleSize: answers };
  const kinds = Math.max(counts.filter((count) => count > 0).length, 2);
  const rows = transitions.map((row) => logKrichevskyTrofimov(row, kinds));
  const chain = rows.reduce((sum, row) => sum + row, 0) - streams * Math.log(kinds);
  const logE = chain - logLargestIndependent(counts);
  const lag1 = autocorrelation(sequence);
  const shown = logE >= Math.log(DEFAULTS.diagnosticEvidence);
  const positive = Math.max(lag1, 0);
  return {
    kind: shown && lag1 !== 0 ? (lag1 > 0 ? 'clustered' : 'alternating') : 'none',
    logE,
    lag1,
    effectiveSampleSize: (answers * (1 - positive)) / (1 + positive),
  };
}

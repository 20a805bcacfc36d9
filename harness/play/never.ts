/** What must never happen is tried many times: a mesh that lets a stranger in now and then lets strangers in. */
import { answersToRuleOut } from '../verdict/evidence/zero.ts';
import type { Scene } from './scene.ts';

/** Strangers who are let in this often, or more, are to be found. One of two replicas that was never reconfigured is 50 %. */
const SHARE = 0.05;

/** Between two tries, in milliseconds: no burst, and yet all of them within a second or two. */
export const BETWEEN_TRIES_MS = 5;

/** How long configuration that is on its way is given to arrive at every proxy before the tries begin, in milliseconds. */
export const ARRIVAL_MS = 2000;

/**
 * How many tries that all fail it takes: if this share of them gets in, they all fail with the run's risk of passing what is
 * wrong (135 tries at 1 in 1,000). It is about independent tries: a balancer that keeps a caller to one replica shows it
 * that one alone.
 */
export const triesOf = ({ context }: Scene): number => answersToRuleOut(SHARE, context.risk.falsePass);

/** What so many tries that all failed say, for people. */
export function ruledOut({ context }: Scene): string {
  const odds = Math.round(1 / context.risk.falsePass).toLocaleString('en-US');
  return `if ${String(SHARE * 100)} % of them got in, that would be missed 1 time in ${odds}`;
}

import { cleanRunOf } from '../verdict/failover.ts';
import type { FailoverRule, Risk } from '../verdict/types.ts';

interface Pace {
  readonly perSecond: number;
  readonly overdueMs: number;
}

/** A caller that gets little processor is slower than its pace: so many times as long its calls are waited for. */
const SLOWEST = 3;

/** How long is waited for so many calls, in milliseconds; and whether by its pace the caller would have made them by now. */
export function budgetPatience(
  requests: number,
  { perSecond, overdueMs }: Pace,
): { readonly mostMs: number; readonly isLate: () => boolean } {
  const byPaceMs = (requests / perSecond) * 1000;
  const lateAtMs = Date.now() + byPaceMs + overdueMs;
  return { mostMs: SLOWEST * byPaceMs + overdueMs, isLate: () => Date.now() > lateAtMs };
}

/** How long a takeover may take to be seen, in milliseconds: to happen, to be told from luck, and until late calls are lost. */
export function takeoverPatienceMs(rule: FailoverRule, risk: Risk, loop: Pace): number {
  const cleanRunMs = (cleanRunOf(rule, risk) / loop.perSecond) * 1000;
  return rule.withinMs + cleanRunMs + loop.overdueMs + 1000;
}

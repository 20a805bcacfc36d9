import { cleanRunOf } from '../verdict/failover.ts';
import type { FailoverRule, Risk } from '../verdict/types.ts';

/** How long a takeover may take to be seen, in milliseconds: to happen, to be told from luck, and until late calls are lost. */
export function takeoverPatienceMs(
  rule: FailoverRule,
  risk: Risk,
  loop: { readonly perSecond: number; readonly overdueMs: number },
): number {
  const cleanRunMs = (cleanRunOf(rule, risk) / loop.perSecond) * 1000;
  return rule.withinMs + cleanRunMs + loop.overdueMs + 1000;
}

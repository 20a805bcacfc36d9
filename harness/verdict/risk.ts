import { DEFAULTS } from './defaults.ts';
import type { Risk, Rule } from './types.ts';

/** The risks of a rule: its own, else those given, else the defaults. */
export function riskOf(rule: Rule, given: Partial<Risk> = {}): Risk {
  const { falsePass, falseFail } = DEFAULTS;
  return { falsePass, falseFail, ...given, ...rule.risk };
}

/** Evidence from answers that all agree: n of them rule out a share of others of p at (1 − p)ⁿ (rule of three, F6, F7). */

/** Natural logarithm of the evidence, from so many answers without one exception, against exceptions of this share. */
export function logEvidenceOfAbsence(answers: number, share: number): number {
  return answers === 0 ? 0 : -answers * Math.log1p(-share);
}

/** Fewest answers without an exception that rule out exceptions of this share with the given error probability. */
export function answersToRuleOut(share: number, alpha: number): number {
  return Math.ceil(Math.log(alpha) / Math.log1p(-share));
}

import type { SavedCounting } from './counting.ts';
import type { SavedFailover } from './failover.ts';
import type { Assessment, Observation, Plan, Reason } from './types.ts';

/** What the evidence decides at a look. */
export type Decision = { readonly verdict: 'conformant' | 'non-conformant'; readonly reason: Reason };

/** What is known at a look, whatever it decides. */
export type Details = Pick<
  Assessment,
  | 'counts'
  | 'independentUnits'
  | 'shares'
  | 'logEvidenceFor'
  | 'logEvidenceAgainst'
  | 'dependence'
  | 'homogeneity'
> & { readonly switchMs?: { readonly lower: number; readonly upper: number }; readonly errors?: number };

/** Answers on the way to a verdict: what a sequential test asks of the rule it applies. */
export interface Trial {
  /** Takes one answer. @returns whether it brings the next look nearer */
  add(observation: Observation): boolean;
  /** The stream was broken: the next answer of each client follows none. */
  interrupt(): void;
  /** What the answers decide after so many that count; undefined while they are open. */
  decide(answers: number): Decision | undefined;
  /** Can this verdict change by what came after it? */
  reopens(verdict: Decision['verdict']): boolean;
  /** Why it is open. */
  openReason(plan: Plan): Reason;
  details(): Details;
  save(): SavedTrial;
}

/** A trial as plain data. */
export type SavedTrial = SavedCounting | SavedFailover;

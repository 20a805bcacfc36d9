import type { Tally } from '../tally.ts';

/** What a tally says of a claim. Logarithms are natural; infinite ones are facts. */
export interface Evidence {
  readonly logFor: number;
  readonly logAgainst: number;
}

/** How one kind of rule reads answers. */
export interface Claim {
  /** The labels it tells apart. */
  readonly labels: readonly string[];
  /** Are errors among what it counts? Else they are no answers. */
  readonly countsErrors: boolean;
  /** Does such an answer count even where its connection repeats, because it is a fact and no draw? */
  isFact(label: string, tally: Tally): boolean;
  /** Has one answer refuted the claim outright? */
  isRefuted(tally: Tally): boolean;
  evidence(tally: Tally): Evidence;
  /** Must the answers have the same shares for every client, for a verdict that rests on evidence? */
  readonly needsHomogeneity: boolean;
}

/** Does evidence with this logarithm reach 1/risk? */
export const isDecisive = (logEvidence: number, risk: number): boolean => logEvidence >= -Math.log(risk);

/** Evidence from a fact: the claim is refuted. */
export const REFUTED: Evidence = { logFor: -Infinity, logAgainst: Infinity };

/** Evidence from a fact: the claim is seen to hold. */
export const SEEN: Evidence = { logFor: Infinity, logAgainst: 0 };

/**
 * The words of the statistics: what is claimed (a rule), what was seen (observations), what follows (an assessment).
 * Pure data: no clock, no cluster.
 */

/** Of a check: does the mesh do what its document says? */
export type Verdict = 'conformant' | 'non-conformant' | 'inconclusive' | 'skipped';

/** Probabilities of the two wrong verdicts, declared before anything is measured. */
export interface Risk {
  /** Probability that a mesh outside the tolerance is called conformant (consumer's risk). @default 1e-3 */
  readonly falsePass: number;
  /** Probability that an acceptable mesh is called non-conformant (producer's risk). @default 1e-6 */
  readonly falseFail: number;
}

/** What counts as one independent draw: a request where the first hop balances requests, else a connection. */
export type Unit = 'request' | 'connection';

interface RuleBase {
  /** @default 'request' */
  readonly unit?: Unit;
  /** Overrides the default risks. */
  readonly risk?: Partial<Risk>;
}

/** Each label answers in proportion to its weight, within `margin`; weight 0 and unknown labels never answer. */
export interface DistributionRule extends RuleBase {
  readonly kind: 'distribution';
  readonly weights: Readonly<Record<string, number>>;
  /** Largest tolerated deviation of a share, as a fraction. @default min(0.10, θ/2, (1−θ)/2) */
  readonly margin?: number;
  /** Deviation that is still never failed. @default margin / 2 */
  readonly acceptable?: number;
  /** Share of foreign answers that is ruled out when some label must never answer. @default 0.01 */
  readonly leakLimit?: number;
  /** Longest mean block of equal answers that independent balancing may still show. @default 5 */
  readonly maxBlock?: number;
}

/** Only `label` answers; a foreign share of `leakLimit` or more is ruled out. */
export interface ExclusiveRule extends RuleBase {
  readonly kind: 'exclusive';
  readonly label: string;
  /** @default 0.01 */
  readonly leakLimit?: number;
}

/** Every label answers at all; one whose share is at least `minShare` is not missed. */
export interface ReachesRule extends RuleBase {
  readonly kind: 'reaches';
  readonly labels: readonly string[];
  /** @default half of the equal share: 1 / (2 · labels) */
  readonly minShare?: number;
}

/** `label` answers at least this share of calls (locality preference). */
export interface ShareRule extends RuleBase {
  readonly kind: 'share';
  readonly label: string;
  readonly atLeast: number;
}

/** Fewer than this share of calls end in an error. */
export interface ErrorRateRule extends RuleBase {
  readonly kind: 'errorRate';
  readonly below: number;
}

/**
 * After the event, `to` takes over from `from` in time, with few errors. Times in milliseconds on the answers' clock.
 * Every call lies on the time line, so its `unit` has no effect.
 */
export interface FailoverRule extends RuleBase {
  readonly kind: 'failover';
  readonly from: string;
  readonly to: string;
  /** When the event happened, or the interval [command sent, command acknowledged]. */
  readonly eventMs: number | readonly [number, number];
  readonly withinMs: number;
  readonly maxErrors: number;
  /** The clean run after the switch rules out a residual share of other answers of this size. @default 0.05 */
  readonly residual?: number;
}

/** A claim about answers that can be judged with stated risks. */
export type Rule = DistributionRule | ExclusiveRule | ReachesRule | ShareRule | ErrorRateRule | FailoverRule;

/** The label of a call that was lost, late, refused or unparsable. It is never a version. */
export const ERROR_LABEL = 'error';

/** One answer to one call. Times in milliseconds, all on one clock. */
export interface Observation {
  readonly label: string;
  readonly sentMs?: number;
  readonly receivedMs?: number;
  /** What identifies the connection that carried the call. */
  readonly connection?: string;
  /** Which caller (pod) sent it. */
  readonly client?: string;
}

/** Why a verdict is what it is: a stable code. */
export type Reason =
  | 'evidence' // the e-value crossed its threshold (for or against)
  | 'refuted' // one observation that the claim rules out
  | 'seen' // a fact: every label was seen, a switch was in time
  | 'no-data'
  | 'budget'
  | 'units'
  | 'clustered'
  | 'pinned'
  | 'sampling-gap'
  | 'late' // failover: not switched within the limit
  | 'errors'; // failover: more errors than allowed

/** How many answers a rule is going to need, known before the first is sent. */
export interface Plan {
  readonly expectedRequests: number;
  readonly maxRequests: number;
  readonly round: number;
  readonly minForFail: number;
}

export interface ShareEstimate {
  readonly estimate: number;
  /** Bounds of the confidence sequence (valid at any stopping time), α = 0.001. */
  readonly low: number;
  readonly high: number;
}

export interface Dependence {
  readonly kind: 'none' | 'clustered' | 'alternating';
  /** Natural logarithm of the e-value against exchangeability. */
  readonly logE: number;
  readonly lag1: number;
  readonly effectiveSampleSize: number;
}

/** What the evidence says so far. Logarithms are natural. */
export interface Assessment {
  readonly verdict: Exclude<Verdict, 'skipped'>;
  readonly reason: Reason;
  /** One sentence for a person: expected, seen with counts, evidence. */
  readonly message: string;
  /** Answers used for the verdict. */
  readonly requests: number;
  readonly independentUnits: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly shares: Readonly<Record<string, ShareEstimate>>;
  readonly logEvidenceFor: number | null;
  readonly logEvidenceAgainst: number | null;
  readonly dependence: Dependence | null;
  /** Are the shares the same for every client? null with one client. */
  readonly homogeneity: { readonly logE: number; readonly clients: number } | null;
  readonly risk: Risk;
  readonly plan: Plan;
  /** Failover only: the time to switch lies in (lower, upper] milliseconds. */
  readonly switchMs?: { readonly lower: number; readonly upper: number };
  /** Failover only: errors before the switch. */
  readonly errors?: number;
}

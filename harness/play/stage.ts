import type { Bounds } from '../scenario.ts';
import type { MeshFacts } from '../mesh/types.ts';
import type { AnsweredBy } from '../traffic/types.ts';
import type { CheckRecord } from '../report/types.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Calls } from './calls.ts';
import type { PacedCalls } from './traffic.ts';

/** What a call asks for, and how its answer names who answered. */
export interface Target {
  readonly url: string;
  readonly answeredBy: AnsweredBy;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an examination of state found. */
export interface Finding {
  readonly holds: boolean;
  /**
   * No later look can change it, so that none is taken: of what must never happen, that it happened. Looking again until
   * it does not would turn "never" into "not always". @default a fact that does not hold yet is looked at again
   */
  readonly final?: true;
  /** Expected and seen, with counts: one sentence. */
  readonly seen: string;
  /** Figures for the report; the unit is in the name. */
  readonly figures?: Readonly<Record<string, number | string>>;
}

/** What a play works with: its clusters by name, and the verbs below. */
export type Stage<Cluster extends string, Check extends string> = Readonly<
  Record<Cluster, ScenarioCluster<Check>>
> & {
  readonly bounds: Bounds;
  /** `flat`, `multi-primary`, `gateways` or `replicated`. */
  readonly variant: string;
  readonly mesh: MeshFacts;
  /** The namespace that the scenario has to itself in every cluster. */
  readonly namespace: string;
  /** Names what happens next, for those who watch and for the report. */
  readonly step: <T>(title: string, body: () => Promise<T>) => Promise<T>;
  /** Judges a fact: looked at until it holds, a finding is final or patience ends, then judged as it is. */
  readonly examine: (
    check: Check,
    look: () => Promise<Finding>,
    patience?: { readonly withinMs: number },
  ) => Promise<CheckRecord['verdict']>;
  /** Starts a paced loop that goes on until it is stopped, at the latest when the play is over. */
  readonly keepCalling: (
    calls: Calls<Check>,
    pace?: { readonly perSecond: number },
  ) => Promise<PacedCalls<Check>>;
  /** Leaves checks out, with a reason that is true. */
  readonly skip: (reason: string, ...checks: readonly Check[]) => Promise<void>;
};

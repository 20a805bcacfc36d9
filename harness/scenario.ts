/**
 * What the author of a scenario writes: which claim, which applications, which checks, and the play that proves them.
 * A scenario is one default export of `suites/SUITE/NAME/scenario.ts`; its manifests lie beside it.
 */
import type { Feature } from './mesh/types.ts';
import type { Stage } from './play/stage.ts';
import type { FailoverRule, Rule } from './verdict/types.ts';

/** Core claims are the document's own words; extended ones are the mesh's behaviour beyond them. */
export type Level = 'core' | 'extended';

/** What is promised in numbers; options of the run, with the documented defaults. */
export interface Bounds {
  /** A workload is scaled to zero while it is called. */
  readonly scaledToZero: { readonly maxErrors: number; readonly withinMs: number };
  /** A gateway or a whole cluster is lost, with outlier detection. */
  readonly outage: { readonly maxErrors: number; readonly withinMs: number };
  /** What came back answers again within this time, in milliseconds. */
  readonly returnWithinMs: number;
  /** Worker nodes that each cluster shall have; fewer are a warning. */
  readonly workers: number;
}

/** What a check looks at. */
export type Subject =
  /** The answers to a loop of calls. */
  | { readonly kind: 'answers'; readonly rule: Rule }
  /** Who answers after an event, how soon, and what is lost meanwhile. */
  | { readonly kind: 'takeover'; readonly rule: Omit<FailoverRule, 'eventMs'> }
  /** How soon what was away answers again. */
  | { readonly kind: 'return'; readonly labels: readonly string[]; readonly withinMs: number }
  /** A state of the mesh that is looked at, not sampled. */
  | { readonly kind: 'fact' };

/** A check as it is declared, before anything is measured. */
export interface Declaration {
  readonly level: Level;
  /** What is promised, in one sentence. */
  readonly sentence: string;
  readonly subject: Subject;
}

const declare =
  (level: Level) =>
  (sentence: string, subject: Subject | Rule): Declaration => ({
    level,
    sentence,
    subject: isSubject(subject) ? subject : { kind: 'answers', rule: subject },
  });

const isSubject = (subject: Subject | Rule): subject is Subject =>
  ['answers', 'takeover', 'return', 'fact'].includes(subject.kind);

/** A check that the document's own words call for. */
export const core = declare('core');

/** A check of behaviour beyond the document's words. */
export const extended = declare('extended');

/** Something to look at rather than to sample. */
export const fact: Subject = { kind: 'fact' };

/** After an event, `to` answers everything that `from` answered a part of, within the bounds. */
export const takesOver = (
  change: { readonly from: string; readonly to: string },
  bounds: { readonly maxErrors: number; readonly withinMs: number },
): Subject => ({ kind: 'takeover', rule: { kind: 'failover', ...change, ...bounds } });

/** After an event, each of these versions answers again within the time. */
export const answersAgain = (labels: readonly string[], withinMs: number): Subject => ({
  kind: 'return',
  labels,
  withinMs,
});

/** The checks of a scenario by the last part of their id. */
export type Declarations = Readonly<Record<string, Declaration>>;

/** Applications by cluster: names of files in `fixtures/apps` or beside the scenario, without `.yaml`. */
export type Applications = Readonly<Record<string, readonly string[]>>;

/** One claim of a document and how it is proven. */
export interface Scenario<A extends Applications = Applications, D extends Declarations = Declarations> {
  /** The claim's id in the document's list, e.g. M4. */
  readonly claim: string;
  /** The claim as a sentence. */
  readonly title: string;
  /** Which document, and where in it. */
  readonly document: string;
  /** Without these features of the mesh the scenario is skipped, with the reason. */
  readonly needs?: readonly Feature[];
  /** Only in these variants of the topology. @default all */
  readonly variants?: readonly string[];
  /** Scales, restarts or freezes what other scenarios need: such scenarios run last, and alone. @default false */
  readonly disruptive?: boolean;
  /**
   * Played first; where it does not hold, nothing else of the suite is judged, unless all that was found is not in the way of
   * the mesh. @default false
   */
  readonly precondition?: boolean;
  readonly apps: A;
  /**
   * By cluster: the check that is refuted where the mesh does not let the pods of `apps` in, or they get no proxy that is
   * ready. @default nothing can be judged then
   */
  readonly admission?: Partial<Record<Extract<keyof A, string>, Extract<keyof D, string>>>;
  readonly checks: (promised: { readonly bounds: Bounds; readonly variant: string }) => D;
  /** Read `await` as "and wait until it is done". */
  readonly play: (stage: Stage<Extract<keyof A, string>, Extract<keyof D, string>>) => Promise<void>;
}

/** Declares a scenario; only there for its types. */
export function scenario<const A extends Applications, const D extends Declarations>(
  definition: Scenario<A, D>,
): Scenario<A, D> {
  return definition;
}

/** Only there to ask a scenario what kinds of checks it has. */
const NOMINAL: Bounds = {
  scaledToZero: { maxErrors: 0, withinMs: 0 },
  outage: { maxErrors: 0, withinMs: 0 },
  returnWithinMs: 0,
  workers: 0,
};

/** Does it judge how soon something happens? Then nobody else's pods should be starting beside it. */
export const judgesTimes = ({ checks }: Pick<Scenario, 'checks'>): boolean =>
  Object.values(checks({ bounds: NOMINAL, variant: '' })).some(
    ({ subject }) => subject.kind === 'takeover' || subject.kind === 'return',
  );

/** Would others disturb it, or see what it does to the mesh? Ingress scenarios share the gateway's pods. */
export const playsAlone = (scenario: Scenario): boolean =>
  scenario.disruptive === true ||
  scenario.precondition === true ||
  scenario.needs?.includes('ingress') === true ||
  judgesTimes(scenario);

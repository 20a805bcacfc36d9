import { toObservation } from '../traffic/answers.ts';
import type { Answer } from '../traffic/types.ts';
import type { Assessment, Observation, Risk, Rule } from '../verdict/types.ts';
import { SequentialTest, type Snapshot } from '../verdict/sequential-test.ts';
import { COMPANION } from './companion.ts';
import type { Scene } from './scene.ts';

/** A rule under test, and beside it the bound on errors that every claim about answers has to keep too. */
export interface PairedTests {
  readonly test: SequentialTest;
  readonly errors: SequentialTest;
}

/** What `--continue` goes on with. */
export interface PairedSnapshot {
  readonly test: Snapshot;
  readonly errors: Snapshot;
}

/** Begins a check's tests, or takes them up where an earlier run left them undecided. */
export function beginTests(scene: Scene, check: string, rule: Rule): PairedTests {
  const { risk, evidence } = scene.context;
  const earlier = evidence[scene.recorder.idOf(check)] as PairedSnapshot | undefined;
  if (earlier === undefined) {
    return { test: new SequentialTest(rule, risk), errors: new SequentialTest(COMPANION, risk) };
  }
  const pair = {
    test: SequentialTest.restore(rule, earlier.test, risk),
    errors: SequentialTest.restore(COMPANION, earlier.errors, risk),
  };
  interrupt(pair);
  return pair;
}

/** What follows a break says nothing about what came before it. */
export function interrupt({ test, errors }: PairedTests): void {
  test.interrupt();
  errors.interrupt();
}

/** One refutation settles it: more answers could not make the verdict better. */
export const isDecided = ({ test, errors }: PairedTests): boolean =>
  (test.decided && errors.decided) || isRefuted(test) || isRefuted(errors);

const isRefuted = (test: SequentialTest): boolean =>
  test.decided && test.assess().verdict === 'non-conformant';

/** What both say now. */
export interface PairedAssessment {
  readonly answers: Assessment;
  readonly errors: Assessment;
  /** The one that says what is to be said of both: what refutes, else what is open. */
  readonly decisive: Assessment;
}

/** Takes answers during which something happens: only a refutation is taken before one has them all. */
export function observeChange(
  { test, errors }: PairedTests,
  observations: readonly Observation[],
): PairedAssessment {
  test.observeChange(...observations);
  errors.observeChange(...observations);
  const both = { answers: test.assess(), errors: errors.assess() };
  const which = (verdict: Assessment['verdict']): Assessment | undefined =>
    [both.answers, both.errors].find((one) => one.verdict === verdict);
  const decisive = which('non-conformant') ?? which('inconclusive') ?? both.answers;
  return { ...both, decisive };
}

/** What all these answers say of a rule, the last as much as the first. */
export function assessed(rule: Rule, answers: readonly Answer[], risk: Risk): Assessment {
  const test = new SequentialTest(rule, risk);
  test.observeChange(...answers.map(toObservation));
  return test.assess();
}

/** The evidence so far, as plain data. */
export const snapshotOf = ({ test, errors }: PairedTests): PairedSnapshot => ({
  test: test.snapshot(),
  errors: errors.snapshot(),
});

/** The most requests that the pair may take. */
export const mostRequests = ({ test, errors }: PairedTests): number =>
  Math.max(test.plan.maxRequests, errors.plan.maxRequests);

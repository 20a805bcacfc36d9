import type { CountingRule } from '../../harness/verdict/claims/index.ts';
import { riskOf } from '../../harness/verdict/risk.ts';
import { SequentialTest } from '../../harness/verdict/sequential-test.ts';
import type { Assessment, Observation, Risk } from '../../harness/verdict/types.ts';

/** Start points of the evidence while a mesh may still be settling. */
const RESTARTS = 5;

/** "It holds from `withinMs` after the start on": the mesh has so long to settle. */
export interface SettlingOptions {
  /** When the change was made, in milliseconds on the answers' clock. */
  readonly startMs: number;
  readonly withinMs: number;
  /** Start points of the evidence, the last of them at the limit. @default 5 */
  readonly restarts?: number;
  readonly risk?: Partial<Risk>;
}

/**
 * A rule that a mesh may take time to come to. Evidence for it is gathered from several start points, fixed beforehand,
 * the last at the limit; each must reach restarts / falsePass, so that starting again costs no error probability
 * (the mean over the start points is an e-value too). Only answers to calls sent after the limit can fail it.
 * Its risks are shown by `settling.ts`; no suite claims such a rule yet.
 */
export class SettlingTest {
  readonly #starts: readonly { readonly fromMs: number; readonly test: SequentialTest }[];
  readonly #last: SequentialTest;
  #nowMs = -Infinity;

  constructor(rule: CountingRule, options: SettlingOptions) {
    const { startMs, withinMs, restarts = RESTARTS, risk } = options;
    if (!Number.isInteger(restarts) || restarts < 1) {
      throw new RangeError(`expected a whole number of start points, 1 or more, found ${String(restarts)}`);
    }
    const { falsePass, falseFail } = riskOf(rule, risk);
    const cautious: CountingRule = { ...rule, risk: { falsePass: falsePass / restarts, falseFail } };
    const early = Array.from({ length: restarts - 1 }, (_, index) => ({
      fromMs: startMs + (withinMs * index) / (restarts - 1),
      test: new SequentialTest(cautious),
    }));
    this.#last = new SequentialTest(cautious);
    this.#starts = [...early, { fromMs: startMs + withinMs, test: this.#last }];
  }

  /** Takes answers in the order they came. One that does not say when it was sent was sent when the one before it was. */
  observe(...observations: readonly Observation[]): void {
    for (const observation of observations) {
      this.#nowMs = observation.sentMs ?? this.#nowMs;
      for (const { fromMs, test } of this.#starts) if (this.#nowMs >= fromMs) test.observe(observation);
    }
  }

  /** Has a look been decisive: in favour from any start point, or either way from the last? */
  get decided(): boolean {
    const hasPassed = ({ test }: { test: SequentialTest }): boolean =>
      test.decided && test.assess().verdict === 'conformant';
    return this.#last.decided || this.#starts.some(hasPassed);
  }

  /** Failed by what came after the limit; else passed from any start point; else as open as the latest of them. */
  assess(): Assessment {
    const last = this.#last.assess();
    if (last.verdict === 'non-conformant') return last;
    const each = this.#starts.map(({ test }) => test.assess());
    const passed = each.find(({ verdict }) => verdict === 'conformant');
    return (
      passed ?? each.findLast(({ verdict, requests }) => verdict === 'inconclusive' && requests > 0) ?? last
    );
  }
}

/** What is stated before a proof, and what came of it. */

/** Which verdict is right. `not conformant`: at the edge of a claim's margin it may be either of the other two. */
export type Right = 'non-conformant' | 'inconclusive' | 'not conformant' | 'conformant';

/** A defect in the scenario that shows it. */
export interface Row {
  /** `NAME` or `NAME=VALUE`, as `--defect` takes it. */
  readonly defect: string;
  readonly suite: string;
  readonly variant: string;
  readonly claim: string;
  /** Checks of the claim that all have to end so, by their names; none named: every one that is judged. */
  readonly checks: readonly string[];
  readonly right: Right;
  /** Why that verdict is right, where it is not that a claim is refuted. */
  readonly why?: string;
}

/** `[DEFECT, 'VARIANT/CLAIM', 'CHECK CHECK …']`, refuted; else with the verdict that is right, and why. */
export type Line = readonly [
  defect: string,
  place: `${string}/${string}`,
  checks: string,
  right?: Right,
  why?: string,
];

/** Reads the lines of a suite. */
export function rowsOf(suite: string, lines: readonly Line[]): readonly Row[] {
  return lines.map(([defect, place, checks, right = 'non-conformant', why]) => {
    const [variant = '', claim = ''] = place.split('/');
    const names = checks.split(' ').filter((name) => name !== '');
    return { defect, suite, variant, claim, checks: names, right, ...(why === undefined ? {} : { why }) };
  });
}

/** Of a report, what a proof looks at. */
export interface SeenCheck {
  readonly id: string;
  readonly claim: string;
  readonly verdict: string;
  readonly reason?: string | null;
  readonly requests: number | null;
  readonly message: string;
}

/** One run of the command, by its report. */
export interface Played {
  readonly seed: number;
  readonly exit: number;
  readonly seconds: number;
  readonly checks: readonly SeenCheck[];
  /** The run's folder. */
  readonly folder: string;
}

/** One run of a row, compared with what was stated. */
export interface Outcome {
  readonly seed: number;
  readonly exit: number;
  readonly seconds: number;
  /** The run did not end as one of a healthy mesh does; where that is right, that it did. */
  readonly detected: boolean;
  /** Ids of the row's checks that ended as stated. */
  readonly named: readonly string[];
  /** Answers that these checks took, in all. */
  readonly requests: number;
  /** What is not as it was stated; empty where all is. */
  readonly problems: readonly string[];
}

import { groupBy } from './group.ts';
import { countVerdicts, verdictOf } from './outcome.ts';
import type { CheckRecord, Profile } from './types.ts';

/** What stands for a stage that died, and is no claim of a suite; the suite's own checks say that they were not reached. */
const NO_CLAIM = 'run';

/** A profile of each suite: a mesh may be conformant in the core and know nothing of what goes beyond it. */
export function profilesOf(checks: readonly CheckRecord[]): Profile[] {
  const suites = groupBy(
    checks.filter(({ claim }) => claim !== NO_CLAIM),
    ({ suite }) => suite,
  );
  return [...suites].map(([suite, ofSuite]) => ({
    suite,
    core: levelOf(ofSuite.filter(({ level }) => level === 'core')),
    extended: levelOf(ofSuite.filter(({ level }) => level === 'extended')),
    skippedFor: [
      ...new Set(ofSuite.filter(({ verdict }) => verdict === 'skipped').map(({ message }) => message)),
    ],
  }));
}

const levelOf = (checks: readonly CheckRecord[]): Profile['core'] => ({
  verdict: verdictOf(checks),
  checks: countVerdicts(checks),
});

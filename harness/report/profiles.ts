import { groupBy } from './group.ts';
import { countVerdicts, verdictOf } from './outcome.ts';
import type { CheckRecord, Profile } from './types.ts';

/** What stands for a stage that died, and is no claim of a suite. */
const NO_CLAIM = 'run';

type Judged = Pick<CheckRecord, 'suite' | 'level' | 'verdict' | 'message'>;

/**
 * A profile of each suite: a mesh may be conformant in the core and know nothing of what goes beyond it.
 *
 * @param missing ids of checks that were planned and have no record. Nothing is conformant for their absence: they count as
 * inconclusive, and as the document's own claims, for their level is not known.
 */
export function profilesOf(checks: readonly CheckRecord[], missing: readonly string[] = []): Profile[] {
  const absent = missing.map((id): Judged => ({
    suite: id.split('/')[0] ?? '',
    level: 'core',
    verdict: 'inconclusive',
    message: '',
  }));
  const all: readonly Judged[] = [...checks.filter(({ claim }) => claim !== NO_CLAIM), ...absent];
  return [...groupBy(all, ({ suite }) => suite)].map(([suite, ofSuite]) => ({
    suite,
    core: levelOf(ofSuite.filter(({ level }) => level === 'core')),
    extended: levelOf(ofSuite.filter(({ level }) => level === 'extended')),
    skippedFor: [
      ...new Set(ofSuite.filter(({ verdict }) => verdict === 'skipped').map(({ message }) => message)),
    ],
  }));
}

const levelOf = (checks: readonly Judged[]): Profile['core'] => ({
  verdict: verdictOf(checks),
  checks: countVerdicts(checks),
});

import { NOTHING_MEASURED } from '../report/nothing-measured.ts';
import { skippedAfter } from '../report/skipped-after.ts';
import type { CheckRecord } from '../report/types.ts';
import type { Selected } from '../select.ts';
import { boundsOf, type Run } from './setup.ts';

/** Why a scenario was not played. */
export interface Unplayed {
  readonly selected: Selected;
  readonly variant: string;
  readonly verdict: 'skipped' | 'inconclusive';
  readonly reason: string;
  readonly message: string;
}

/**
 * Skips a scenario. A verdict or evidence of the run that this one goes on with is not undone by what its clusters lack, and
 * what it left undecided remains so.
 */
export function skip(
  run: Pick<Run, 'options' | 'earlier' | 'log'>,
  what: Pick<Unplayed, 'selected' | 'variant' | 'message'>,
): void {
  const known = new Set(
    [...(run.earlier?.decided ?? []), ...(run.earlier?.carried ?? [])].map(({ id }) => id),
  );
  const undecided = run.earlier?.undecided ?? {};
  for (const check of unplayed(run, { ...what, verdict: 'skipped', reason: 'not-there' }))
    if (!known.has(check.id))
      run.log.append({
        type: 'check',
        check: { ...check, ...skippedAfter(undecided[check.id], what.message) },
      });
}

/** A verdict for every check of a scenario that is not played, so that none goes missing in silence. */
export function unplayed(run: Pick<Run, 'options'>, what: Unplayed): CheckRecord[] {
  const { file, scenario } = what.selected;
  const declarations = scenario.checks({ bounds: boundsOf(run.options), variant: what.variant });
  return Object.entries(declarations).map(([name, { level, sentence, subject }]) => ({
    id: `${file.suite}/${what.variant}/${scenario.claim}/${name}`,
    claim: scenario.claim,
    suite: file.suite,
    variant: what.variant,
    scenario: file.name,
    step: '',
    sentence,
    level,
    verdict: what.verdict,
    reason: what.reason,
    message: what.message,
    ...NOTHING_MEASURED,
    rule: subject.kind === 'answers' ? subject.rule : null,
    startedAt: new Date().toISOString(),
  }));
}

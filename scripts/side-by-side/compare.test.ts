import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseEvents } from '../../harness/report/event-log.ts';
import { foldReport } from '../../harness/report/fold.ts';
import type { CheckRecord, Report } from '../../harness/report/types.ts';
import { pairsOf, together, unpaired } from './compare.ts';
import { sideBySide } from './page.ts';

const healthy = foldReport(
  parseEvents(readFileSync(new URL('../../fixtures/events/healthy.ndjson', import.meta.url), 'utf8')),
);

/** The same run with every check changed. */
const changed = (change: (check: CheckRecord) => Partial<CheckRecord>): Report => ({
  ...healthy,
  checks: healthy.checks.map((check) => ({ ...check, ...change(check) })),
});

const differences = (other: Report): string[] => pairsOf(healthy, other).flatMap((pair) => pair.differences);

test('a run differs from itself in nothing', () => {
  expect(differences(healthy)).toEqual([]);
  expect(sideBySide(healthy, healthy)).toContain(`0 of ${String(healthy.checks.length)} checks`);
});

test('another verdict is a difference', () => {
  const [first] = differences(changed(() => ({ verdict: 'inconclusive' })));
  expect(first).toMatch(/there, inconclusive here$/);
});

test('shares differ where chance does not explain it', () => {
  const by = (points: number): Report =>
    changed(({ shares }) => ({
      shares: Object.fromEntries(
        Object.entries(shares).map(([label, share]) => [
          label,
          { estimate: share.estimate - points, low: share.low - points, high: share.high - points },
        ]),
      ),
    }));
  expect(differences(by(0.01))).toEqual([]);
  expect(differences(by(0.9))[0]).toMatch(/^share of .*: -?[\d.]+ % there, -?[\d.]+ % here$/);
});

test('switches differ from more than two seconds on', () => {
  const later = (ms: number): Report =>
    changed(({ evidence }) =>
      typeof evidence?.switchMs?.upper === 'number'
        ? { evidence: { ...evidence, switchMs: { lower: 0, upper: evidence.switchMs.upper + ms } } }
        : {},
    );
  expect(differences(later(1000))).toEqual([]);
  expect(differences(later(5000))[0]).toMatch(/^switched after [\d.]+ s there, [\d.]+ s here$/);
});

test('lost calls differ from more than one in a hundred on', () => {
  const lossy = changed(({ evidence }) =>
    evidence?.errors == null ? {} : { evidence: { ...evidence, errors: { ...evidence.errors, count: 50 } } },
  );
  expect(differences(lossy)[0]).toMatch(/^lost 0.0 % there, [\d.]+ % here$/);
});

test('what only one of the runs judged is said', () => {
  const less = { ...healthy, checks: healthy.checks.slice(1) };
  expect(unpaired(healthy, less)).toEqual([healthy.checks[0]?.id]);
  expect(sideBySide(healthy, less)).toContain('Judged only there: ');
});

test('of several runs a check is of the first one that judged it', () => {
  const [missing, ...others] = healthy.checks;
  const less = { ...healthy, checks: others };
  const other = changed(() => ({ verdict: 'inconclusive' }));
  const { checks } = together(less, [other]);
  const skipped = others.filter(({ verdict }) => verdict === 'skipped');
  expect(checks.map(({ id }) => id).sort()).toEqual(healthy.checks.map(({ id }) => id).sort());
  expect(
    checks
      .filter(({ verdict }) => verdict === 'inconclusive')
      .map(({ id }) => id)
      .sort(),
  ).toEqual([missing, ...skipped].map((check) => check?.id).sort());
});

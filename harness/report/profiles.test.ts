import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseEvents } from './event-log.ts';
import { foldReport } from './fold.ts';
import { profilesOf } from './profiles.ts';
import { summaryMarkdown } from './summary.ts';
import { terminalSummary } from './terminal.ts';
import type { Report } from './types.ts';

const reportOf = (name: string): Report =>
  foldReport(
    parseEvents(readFileSync(new URL(`../../fixtures/events/${name}.ndjson`, import.meta.url), 'utf8')),
  );

/** The checks of one suite, and the same of a suite that fails beyond the document's words only. */
function ofTwoSuites(): Report {
  const report = reportOf('healthy');
  const others = report.checks.map((check) => ({
    ...check,
    suite: 'another',
    verdict: check.level === 'extended' ? ('non-conformant' as const) : ('conformant' as const),
  }));
  const checks = [...report.checks, ...others];
  return { ...report, checks, profiles: profilesOf(checks) };
}

test("a suite has a verdict for the document's own claims, and one for what goes beyond them", () => {
  const [, another] = ofTwoSuites().profiles;
  expect(another).toMatchObject({
    suite: 'another',
    core: { verdict: 'conformant' },
    extended: { verdict: 'non-conformant', checks: { conformant: 0 } },
  });
});

test('why checks were skipped is said once for each reason', () => {
  const report = reportOf('healthy');
  const skipped = report.checks.map((check) => ({
    ...check,
    verdict: 'skipped' as const,
    message: 'the mesh has no gateway-api',
  }));
  expect(profilesOf(skipped)).toMatchObject([
    { core: { verdict: 'skipped' }, skippedFor: ['the mesh has no gateway-api'] },
  ]);
});

test('a stage that died is no suite of its own', () => {
  expect(reportOf('set-up-died').profiles.map(({ suite }) => suite)).not.toContain('run');
});

test('what was planned and never played is not passed over', () => {
  const { checks } = reportOf('healthy');
  const missing = ['multi-primary/gateways/M2/reaches', 'hybrid/gateways/H0/ranges'];
  const [first, second] = profilesOf(checks, missing);
  expect(first).toMatchObject({
    suite: 'multi-primary',
    core: { verdict: 'inconclusive', checks: { inconclusive: 1 } },
  });
  expect(second).toMatchObject({
    suite: 'hybrid',
    core: { verdict: 'inconclusive' },
    extended: { verdict: 'skipped' },
  });
});

test('stand in the summary, and at the end on a terminal where there are several suites', () => {
  const report = ofTwoSuites();
  expect(summaryMarkdown(report)).toMatch(
    /\| another \| ✅ conformant \(\d+ of \d+\) \| ❌ non-conformant \(0 of \d+\) \|/,
  );
  const target = { screen: { isTTY: false }, env: { NO_COLOR: '1' }, directory: 'out' };
  expect(terminalSummary(report, target)).toMatch(/ {2}another\s+core ✔ \d+ of \d+\s+extended ✖ 0 of \d+/);
  expect(terminalSummary(reportOf('healthy'), target)).not.toMatch(/core ✔/);
});

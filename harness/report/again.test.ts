import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Again } from './again.ts';
import type { LoggedEvent } from './events.ts';
import { parseEvents } from './event-log.ts';
import { foldReport } from './fold.ts';
import { terminalSummary } from './terminal.ts';
import type { CheckRecord, Report } from './types.ts';

const broken = parseEvents(
  readFileSync(new URL('../../fixtures/events/broken.ndjson', import.meta.url), 'utf8'),
);
const embedded: Again = {
  command: 'npx meshproof run --provider embedded --defect other-root --seed 7',
  ownsClusters: true,
};

const reportOf = (again: Again): Report =>
  foldReport({
    ...broken,
    events: broken.events.map((event): LoggedEvent =>
      event.type === 'run-started' ? { ...event, again } : event,
    ),
  });

const bad = ({ checks }: Report): CheckRecord[] =>
  checks.filter(({ verdict }) => verdict === 'non-conformant' || verdict === 'inconclusive');

test('a check whose clusters are gone is shown again by a run as it was asked for, which keeps clusters where they are asked', () => {
  const checks = bad(reportOf(embedded));
  expect(checks.length).toBeGreaterThan(0);
  for (const { suite, variant, scenario, diagnostics } of checks) {
    const start = `${embedded.command} --suite ${suite} --variant ${variant} --scenario ${scenario}`;
    expect(diagnostics?.again?.startsWith(start)).toBe(true);
    expect(diagnostics?.again).not.toContain('kubectl');
  }
  expect(checks.some(({ diagnostics }) => diagnostics?.again?.endsWith(' --keep'))).toBe(true);
  expect(terminalSummary(reportOf(embedded), { screen: {}, env: {}, directory: 'out' })).toMatch(
    /^ {4}again {5}npx meshproof run --provider embedded --defect other-root --seed 7 --suite/m,
  );
});

test('a check whose clusters are kept keeps the command that asks there', () => {
  const places = bad(foldReport(broken)).map(({ suite, variant }) => `${suite}/${variant}`);
  const kept = { places, words: '--reuse ID --keep' };
  for (const { diagnostics, id } of bad(reportOf({ ...embedded, kept }))) {
    const before = foldReport(broken).checks.find((check) => check.id === id)?.diagnostics?.again;
    if (before === undefined) expect(diagnostics?.again).toMatch(/ --scenario \S+ --reuse ID --keep$/);
    else expect(diagnostics?.again).toBe(before);
  }
});

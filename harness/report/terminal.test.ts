import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEvents } from './event-log.ts';
import { foldReport } from './fold.ts';
import type { Env, Screen } from './style.ts';
import { terminalSummary } from './terminal.ts';
import type { Report } from './types.ts';

function reportOf(name: string): Report {
  const url = new URL(`../../fixtures/events/${name}.ndjson`, import.meta.url);
  return foldReport(parseEvents(readFileSync(url, 'utf8')));
}

function shown(report: Report, { screen = {}, env = {} }: { screen?: Screen; env?: Env } = {}): string {
  return terminalSummary(report, { screen: { columns: 80, ...screen }, env, directory: 'reports/out/run' });
}

const broken = reportOf('broken');
const ESCAPE = '\u001b';

describe('the summary for a person', () => {
  test('ends with the verdict, the claims that do not hold, and what the exit code means', () => {
    const lines = shown(broken).trimEnd().split('\n').slice(-7);
    expect(lines[0]).toBe('✖ NON-CONFORMANT  4 conformant, 3 non-conformant, 1 inconclusive, 1 skipped');
    expect(lines[1]).toBe('  non-conformant: M2 (gateways), M4 (gateways)');
    expect(lines[2]).toBe('  inconclusive: M3 (gateways)');
    expect(lines.at(-1)).toBe('  exit 1: at least one check is non-conformant');
  });

  test('says of what fails what was expected and seen, where, where to look, and how to see it again', () => {
    const text = shown(broken);
    for (const label of ['expected', 'seen', 'gate', 'where', 'hint', 'look', 'raw', 'again'])
      expect(text).toMatch(new RegExp(`^    ${label} {2,}\\S`, 'm'));
  });

  test('keeps commands and paths on one line, to be copied', () => {
    const again =
      broken.checks.find((check) => check.diagnostics?.again !== undefined)?.diagnostics?.again ?? 'none';
    expect(
      shown(broken)
        .split('\n')
        .some((line) => line.endsWith(again)),
    ).toBe(true);
    const [command] = shown(reportOf('set-up-died')).match(/^ {4}look .*$/m) ?? [];
    expect(command).toMatch(/kubectl --context \S+ -n istio-system describe pod -l app=istiod$/);
  });

  test('does not say the same diagnostics twice', () => {
    const hint = 'the remote secret is missing or cannot be read';
    expect(shown(broken).split(hint)).toHaveLength(2);
    expect(shown(broken)).toContain('multi-primary/gateways/M2/reached, which shows the same');
  });

  test.each([80, 100, 120, 160])('fits %i columns, but for what is there to be copied', (columns) => {
    const copied = /reports\/out|kubectl|npx|sysctl/;
    const long = shown(broken, { screen: { columns } })
      .split('\n')
      .filter((line) => line.length > columns && !copied.test(line));
    expect(long).toEqual([]);
  });

  test('has each verdict as a word, also without colours', () => {
    const text = shown(broken);
    for (const word of ['✔ conformant', '✖ non-conformant', '? inconclusive', '– skipped'])
      expect(text).toContain(word);
    expect(text).not.toContain(ESCAPE);
  });

  test('names the stage that died and how long people waited for it', () => {
    expect(shown(reportOf('set-up-died'))).toMatch(
      /mesh multi-primary\/flat +5 min 00 s {2}cluster2 5 min 00 s {2}✖ failed/,
    );
    expect(shown(reportOf('killed'))).toMatch(/measure multi-primary\/flat +never ended/);
  });

  test('does not let a server steer the terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (noise) => {
        const message = `${ESCAPE}[2J${ESCAPE}]0;title\u0007${noise}`;
        const checks = broken.checks.map((check) => ({
          ...check,
          message,
          counts: { [message]: 1 },
          step: message,
        }));
        // eslint-disable-next-line no-control-regex -- they must not be there
        expect(shown({ ...broken, checks })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe('colours', () => {
  test.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { NO_COLOR: '' }, true],
    [{ isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [{}, {}, false],
    [{}, { FORCE_COLOR: '1' }, true],
    [{ isTTY: true }, { FORCE_COLOR: '0' }, false],
  ])('on %j with %j: %s', (screen, env, colored) => {
    expect(shown(broken, { screen, env }).includes(ESCAPE)).toBe(colored);
  });
});

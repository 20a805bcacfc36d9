import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEvents } from './event-log.ts';
import { foldReport } from './fold.ts';
import { junitXml } from './junit.ts';
import type { CheckRecord, Report } from './types.ts';

function reportOf(name: string): Report {
  const url = new URL(`../../fixtures/events/${name}.ndjson`, import.meta.url);
  return foldReport(parseEvents(readFileSync(url, 'utf8')));
}

const broken = reportOf('broken');

/** Every character that XML 1.0 allows. */
const ALLOWED = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
const TOKEN = /<\?xml [^?]*\?>|<(\/?)([\w-]+)((?: [\w.-]+="[^"<]*")*)(\/?)>|[^<]+/gy;
const REFERENCES = /&(?!(?:amp|lt|gt|quot|#10|#9);)/;

/** Reads a document as strictly as XML 1.0 asks; what is wrong with it, or undefined. */
function flawOf(xml: string): string | undefined {
  if (!ALLOWED.test(xml)) return 'a character that XML does not allow';
  if (REFERENCES.test(xml)) return 'an ampersand of its own';
  const open: string[] = [];
  let read = 0;
  for (const match of xml.matchAll(TOKEN)) {
    read += match[0].length;
    const [, closing, name, , empty] = match;
    if (name === undefined || empty === '/') continue;
    if (closing !== '/') open.push(name);
    else if (open.pop() !== name) return `</${name}> closes nothing`;
  }
  if (read !== xml.length) return `unreadable at ${xml.slice(read, read + 20)}`;
  return open.length === 0 ? undefined : `${open.join()} is never closed`;
}

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        '<',
        '&',
        '"',
        "'",
        ']]>',
        '\u0000',
        '\u001b[31m',
        '\ud800',
        '\ufffe',
        '\n',
        '\t',
        '-->',
        '日',
        'password=',
      ),
    )
    .map((parts) => parts.join('')),
);

describe('junit.xml', () => {
  test.each(['healthy', 'broken', 'set-up-died', 'interrupted'])(
    'of a run that is %s is well-formed',
    (name) => {
      expect(flawOf(junitXml(reportOf(name)))).toBeUndefined();
    },
  );

  test('is well-formed whatever servers and pods say', () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, (message, sentence, label) => {
        const checks = broken.checks.map((check): CheckRecord => ({
          ...check,
          message,
          sentence,
          reason: label,
          counts: { [label]: 1 },
          diagnostics: { files: [label], hints: [message], where: sentence, again: label },
        }));
        expect(flawOf(junitXml({ ...broken, checks }))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  test('is read by a checker that sees flaws', () => {
    expect(flawOf('<a><b></a></b>')).toContain('closes nothing');
    expect(flawOf('<a b="&"/>')).toContain('ampersand');
    expect(flawOf('<a b="<"/>')).toContain('unreadable');
    expect(flawOf('<a>\u0001</a>')).toContain('does not allow');
  });

  test('counts a non-conformant check as a failure, an inconclusive one as an error, a skipped one as skipped', () => {
    const xml = junitXml(broken);
    expect(xml).toContain('<testsuites name="meshproof" tests="9" failures="3" errors="1" skipped="1"');
    expect(xml.match(/<failure /g)).toHaveLength(3);
    expect(xml.match(/<error /g)).toHaveLength(1);
    expect(xml).toContain('<skipped message="the provider offers no second revision of the mesh"/>');
  });

  test('cuts messages that would fill a page', () => {
    const [first] = broken.checks;
    const checks =
      first === undefined
        ? []
        : [{ ...first, verdict: 'inconclusive' as const, message: 'x'.repeat(1_000_000) }];
    expect(junitXml({ ...broken, checks }).length).toBeLessThan(150_000);
  });
});

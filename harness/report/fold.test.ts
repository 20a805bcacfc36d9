import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoggedEvent } from './events.ts';
import { parseEvents } from './event-log.ts';
import type { EventsRead } from './event-log.ts';
import { endOf, foldReport } from './fold.ts';
import { reportText } from './write.ts';

const NAMES = ['healthy', 'broken', 'set-up-died', 'interrupted', 'killed'] as const;

function fixture(name: (typeof NAMES)[number]): EventsRead {
  return parseEvents(readFileSync(new URL(`../../fixtures/events/${name}.ndjson`, import.meta.url), 'utf8'));
}

const published: unknown = JSON.parse(
  readFileSync(new URL('../../reports/report.schema.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
const validate = ajv.compile(published as object);

function mistakes(read: EventsRead): unknown {
  validate(JSON.parse(reportText(foldReport(read))));
  return validate.errors;
}

describe('the report of a run', () => {
  test.each([
    ['healthy', 'conformant', 0],
    ['broken', 'non-conformant', 1],
    ['set-up-died', 'inconclusive', 3],
    ['interrupted', 'inconclusive', 130],
    ['killed', 'inconclusive', 3],
  ] as const)('that is %s says %s and exits %i', (name, verdict, exitCode) => {
    const report = foldReport(fixture(name));
    expect([report.verdict, report.run.exitCode]).toEqual([verdict, exitCode]);
  });

  test('has what was judged side by side one claim after the other', () => {
    const read = fixture('healthy');
    const [one] = read.events.flatMap((event) => (event.type === 'check' ? [event] : []));
    if (one === undefined) throw new Error('the fixture has no check');
    const judged = ['M10/b', 'M4/a', 'M10/a', 'M4/c'].map((id): LoggedEvent => {
      const [claim = ''] = id.split('/');
      return { ...one, check: { ...one.check, id, claim, scenario: claim } };
    });
    const { checks } = foldReport({ ...read, events: judged });
    expect(checks.slice(0, 4).map(({ id }) => id)).toEqual(['M4/a', 'M4/c', 'M10/b', 'M10/a']);
  });

  test.each(NAMES)('of %s events meets the published schema', (name) => {
    expect(mistakes(fixture(name))).toBeNull();
  });

  test('meets the schema and is never green at any moment before the end', () => {
    const whole = fixture('healthy');
    fc.assert(
      fc.property(fc.nat(whole.events.length - 1), (length) => {
        const read = { ...whole, events: whole.events.slice(0, length) };
        expect(mistakes(read)).toBeNull();
        expect(foldReport(read).run.exitCode).toBe(3);
      }),
      { numRuns: 80 },
    );
  });

  test('is refused by the schema when a verdict is misspelt', () => {
    const report = JSON.parse(reportText(foldReport(fixture('healthy')))) as { verdict: string };
    expect(validate({ ...report, verdict: 'passed' })).toBe(false);
  });
});

describe('the end of a run', () => {
  const unended = (name: (typeof NAMES)[number]): EventsRead => {
    const read = fixture(name);
    return { ...read, events: read.events.filter(({ type }) => type !== 'run-ended') };
  };

  test.each([
    ['healthy', {}, 'conformant', 0],
    ['broken', {}, 'non-conformant', 1],
    ['set-up-died', {}, 'inconclusive', 3],
    ['interrupted', { signal: 'SIGINT' }, 'inconclusive', 130],
    ['interrupted', { signal: 'SIGTERM' }, 'inconclusive', 143],
    ['healthy', { leftBehind: true }, 'conformant', 3],
    ['broken', { leftBehind: true }, 'non-conformant', 1],
  ] as const)('that is %s, %o, says what the report says', (name, how, verdict, exitCode) => {
    const read = unended(name);
    const end = endOf(read, how);
    expect(end).toMatchObject({ verdict, exitCode });
    const events = [...read.events, { ...end, at: '2026-11-20T04:00:00.000Z' }];
    const report = foldReport({ ...read, events });
    expect([report.verdict, report.run.exitCode]).toEqual([verdict, exitCode]);
  });
});

describe('what is missing from a run', () => {
  test('names the stage in which the signal came, not what was tidied up after it', () => {
    const read = fixture('interrupted');
    const events = read.events.flatMap((event): readonly LoggedEvent[] => {
      if (event.type === 'run-ended') return [{ ...event, signalledAt: '2026-11-20T03:02:44.000Z' }];
      if (event.type !== 'stage' || event.name !== 'teardown' || event.state !== 'started') return [event];
      const measured = { type: 'stage', name: 'measure', state: 'done', at: event.at } as const;
      return [{ ...measured, suite: 'multi-primary', variant: 'flat' }, event];
    });
    expect(foldReport({ ...read, events }).checks.at(-1)?.message).toContain('in the stage measure (multi');
  });

  test('is one entry that names the stage at which set-up died', () => {
    const { checks } = foldReport(fixture('set-up-died'));
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({ id: 'multi-primary/flat/set-up-died/mesh', verdict: 'inconclusive' });
    expect(checks[0]?.message).toContain('cluster2');
    expect(checks[0]?.message).toContain('ImagePullBackOff');
  });

  test('is one entry that names the signal, the stage and how far it came', () => {
    const last = foldReport(fixture('interrupted')).checks.at(-1);
    expect(last?.message).toBe(
      'SIGINT ended the run in the stage measure (multi-primary/flat); 3 of 9 checks have a verdict.',
    );
  });

  test('after kill -9 keeps the checks that were judged', () => {
    const { checks, notes } = foldReport(fixture('killed'));
    expect(checks.map((check) => check.verdict)).toEqual([
      'conformant',
      'conformant',
      'conformant',
      'inconclusive',
    ]);
    expect(notes.map((note) => note.text)).toEqual(['1 line of events.ndjson was cut short']);
  });

  test('is inconclusive where checks were planned and never came', () => {
    const { events } = fixture('healthy');
    const without = events.filter((event) => event.type !== 'check' || event.check.claim !== 'M4');
    const report = foldReport({ events: without, torn: 0, unknown: 0 });
    expect(report.run.exitCode).toBe(3);
    expect(report.checks.at(-1)?.reason).toBe('not-reached');
  });

  test('is named where the plan told the ids; what nobody planned does not stand in for it', () => {
    const { events } = fixture('healthy');
    const ids = foldReport(fixture('healthy')).checks.map(({ id }) => id);
    const lacking = ids.slice(0, 7);
    const { checks, run } = foldReport({
      events: events.flatMap((event): LoggedEvent[] => {
        if (event.type === 'plan') return [{ ...event, ids }];
        if (event.type !== 'check' || !lacking.includes(event.check.id)) return [event];
        return [{ ...event, check: { ...event.check, id: `${event.check.id}/another` } }];
      }),
      torn: 0,
      unknown: 0,
    });
    expect(run.exitCode).toBe(3);
    expect(checks.at(-1)).toMatchObject({ reason: 'not-reached' });
    expect(checks.at(-1)?.message).toBe(
      `Not everything that was planned was played; 11 of 18 checks have a verdict; without one: ${lacking.slice(0, 5).join(', ')} and 2 more.`,
    );
  });

  test('is inconclusive where events cannot be understood', () => {
    expect(foldReport({ ...fixture('healthy'), unknown: 1 }).run.exitCode).toBe(3);
  });

  test('is only a warning where it is the teardown', () => {
    const { events } = fixture('healthy');
    const failed = events.map((event): LoggedEvent =>
      event.type === 'stage' && event.name === 'teardown' && event.state === 'done'
        ? { ...event, state: 'failed', message: 'cluster2 is still there' }
        : event,
    );
    const report = foldReport({ events: failed, torn: 0, unknown: 0 });
    expect(report.run.exitCode).toBe(0);
    expect(report.notes).toContainEqual({
      level: 'warning',
      text: 'teardown failed: cluster2 is still there',
    });
  });
});

describe('a run that goes on with the evidence of an earlier one', () => {
  test('replaces the checks that it judged again and keeps the others', () => {
    const broken = fixture('broken').events;
    const again = broken.map((event): LoggedEvent =>
      event.type === 'check' ? { ...event, check: { ...event.check, verdict: 'conformant' } } : event,
    );
    const inconclusive = again.filter((event) => event.type !== 'check' || event.check.id.includes('M3'));
    const report = foldReport({ events: [...broken, ...inconclusive], torn: 0, unknown: 0 });
    expect(report.checks).toHaveLength(9);
    expect(report.totals.extended).toEqual({
      conformant: 1,
      'non-conformant': 1,
      inconclusive: 0,
      skipped: 1,
    });
    expect(report.run.exitCode).toBe(1);
  });
});

describe('the environment', () => {
  test('is put together from facts as they become known', () => {
    const { environment } = foldReport(fixture('healthy'));
    expect(environment.provider).toBe('kind');
    expect(environment.clusters.map((cluster) => cluster.network)).toEqual(['network1', 'network2']);
    expect(environment.mesh?.version).toBe('1.27.3');
  });
});

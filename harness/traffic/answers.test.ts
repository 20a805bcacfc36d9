import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerReader, toObservation } from './answers.ts';
import { ClockSync } from './clock.ts';
import { readLine } from './lines.ts';
import type { Answer, Loop } from './types.ts';

const answeredBy = { version: 'version: (v\\d)', instance: 'instance: (\\S+)' };
const fast: Loop = { mode: 'fast', url: 'http://h/', requests: 100, answeredBy };
const paced: Loop = { mode: 'paced', url: 'http://h/', requests: 1000, perSecond: 10, answeredBy };

function reader(loop: Loop) {
  const answers: Answer[] = [];
  const read = new AnswerReader({
    loop,
    mark: '@m',
    client: 'pod',
    clock: new ClockSync(),
    onAnswer: (a) => answers.push(a),
  });
  const feed = (...lines: string[]): void => lines.forEach((line) => read.feed(line));
  return { answers, feed, read };
}

const kinds = (answers: readonly Answer[]): string[] =>
  answers.map((a) => `${String(a.sequence)}:${a.failure ?? a.label}`);
const record = (index: number, rest = '0 200 4000 0 0.010000 [] '): string => `@m r ${String(index)} ${rest}`;
const call = (sequence: number, rest = '0 0 200 4000 1 0.010000 [] '): string =>
  `@m a ${String(sequence)} ${String(100 + sequence * 10)} ${String(101 + sequence * 10)} ${rest}\tversion: v1`;

describe('a sequential loop', () => {
  it('takes the body before a record, and says who answered, when, and over which connection', () => {
    const { answers, feed } = reader(fast);
    feed('@m b 0 2 100', 'Hello version: v1, instance: a-1', '', record(0, '0 200 4000 1 0.010000 [2] '));
    feed('Hello version: v2, instance: b-1', '', record(1), '@m e 0 2 105 0 0');
    expect(answers).toMatchObject([
      {
        label: 'v1',
        instance: 'a-1',
        attemptCount: 2,
        connection: 'pod:4000#0',
        connects: 1,
        sentMs: 1000,
        receivedMs: 1010,
      },
      { label: 'v2', instance: 'b-1', connection: 'pod:4000#0', connects: 0, sentMs: 1010, receivedMs: 1020 },
    ]);
    expect(toObservation(answers[1] as Answer)).toEqual({
      label: 'v2',
      sentMs: 1010,
      receivedMs: 1020,
      connection: 'pod:4000#0',
      client: 'pod',
    });
  });

  it('reports calls whose curl gave up as missing, not as silence', () => {
    const { answers, feed, read } = reader(fast);
    feed('@m b 0 4 100', 'version: v1', record(0), 'version: v', '@m e 0 4 120 2 0', '@m z 4 0');
    expect(kinds(answers)).toEqual(['0:v1', '1:missing', '2:missing', '3:missing']);
    expect(answers[1]).toMatchObject({ label: 'error', exitCode: 2 });
    expect(read.counts()).toMatchObject({ sent: 4, received: 1, missing: 3, complete: true });
  });

  it('loses no more than the call under way when curl is killed: the rest was never made', () => {
    const { answers, feed, read } = reader(fast);
    feed('@m b 0 4 100', 'version: v1', record(0), 'version: v', '@m e 0 4 120 137 0');
    feed('@m b 4 1 130', 'version: v2', record(0), '@m e 4 1 140 0 0', '@m z 5 0');
    expect(kinds(answers)).toEqual(['0:v1', '1:missing', '4:v2']);
    expect(answers[1]).toMatchObject({ label: 'error', exitCode: 137 });
    expect(read.counts()).toMatchObject({ sent: 3, received: 2, missing: 1, complete: true });
  });

  it('counts what a stop cut off as abandoned: no error of the mesh', () => {
    const { answers, feed, read } = reader(fast);
    feed('@m b 0 4 100', 'version: v1', record(0), '@m e 0 4 120 143 1', '@m z 4 1');
    expect(kinds(answers)).toEqual(['0:v1']);
    expect(read.counts()).toMatchObject({ sent: 2, received: 1, missing: 0, abandoned: 1, complete: true });
  });

  it('without a trailer is not complete, and the call under way is neither answered nor lost', () => {
    const { feed, read } = reader(fast);
    feed('@m b 0 4 100', 'version: v1', record(0), 'version');
    expect(read.counts()).toMatchObject({ sent: 2, received: 1, missing: 0, abandoned: 1, complete: false });
  });

  it('gives an answer to each call that lost lines have swallowed', () => {
    const { answers, feed } = reader(fast);
    feed(
      '@m b 0 2 100',
      record(1),
      '@m e 0 2 110 0 0',
      '@m b 4 1 120',
      'version: v2',
      record(0),
      '@m e 4 1 130 0 0',
      '@m z 6 0',
    );
    expect(kinds(answers)).toEqual([
      '0:missing',
      '1:unparsable',
      '2:missing',
      '3:missing',
      '4:v2',
      '5:missing',
    ]);
  });

  it('does not take a body for one of its own lines, nor a version from an earlier body', () => {
    const { answers, feed } = reader(fast);
    feed('@m b 0 2 100', '@x r 0 0 200 1 1 0.1 [] ', 'version: v1', record(0), record(1), '@m e 0 2 110 0 0');
    expect(kinds(answers)).toEqual(['0:v1', '1:unparsable']);
  });

  it('forgets half a body when the next batch begins', () => {
    const { answers, feed } = reader(fast);
    feed('@m b 0 1 100', 'version: v1', '@m b 1 1 110', record(0));
    expect(kinds(answers)).toEqual(['0:missing', '1:unparsable']);
  });

  it('keeps control characters out of labels and excerpts', () => {
    const { answers, feed } = reader({ ...fast, answeredBy: { version: 'version: (.*)' } });
    feed('@m b 0 2 100', 'version: \u001b[31mred', record(0), '\u001b]0;title\u0007', record(1));
    expect(answers.map((a) => a.label)).toEqual(['[31mred', 'error']);
    expect(answers[1]?.excerpt).toBe(']0;title');
  });

  it.each([
    ['6 000 0 0 0.1 [] Could not resolve host', 'resolve'],
    ['7 000 0 0 0.1 [] Failed to connect', 'refused'],
    ['28 000 4000 1 5.0 [] Operation timed out', 'timeout'],
    ['28 200 4000 1 5.0 [] Operation timed out', 'timeout'],
    ['56 000 4000 1 0.1 [] Recv failure', 'reset'],
    ['52 000 4000 1 0.1 [] Empty reply', 'empty'],
    ['18 200 4000 1 0.1 [] transfer closed', 'partial'],
    ['99 200 4000 1 0.1 [] news', 'client'],
    ['0 503 4000 1 0.1 [] ', 'status'],
    ['0 404 4000 1 0.1 [] ', 'status'],
  ])('calls "%s" an error, although the body names a version', (rest, failure) => {
    const { answers, feed } = reader(fast);
    feed('@m b 0 1 100', 'version: v1', record(0, rest));
    expect(answers).toMatchObject([{ label: 'error', failure }]);
  });
});

describe('a paced loop', () => {
  it('takes answers in any order and finds the holes at the trailer', () => {
    const { answers, feed, read } = reader(paced);
    feed(call(0), call(3), call(1), '@m z 5 1');
    expect(kinds(answers)).toEqual(['0:v1', '3:v1', '1:v1', '2:missing', '4:missing']);
    expect(answers[3]).toMatchObject({ sentMs: 1200 });
    expect(read.counts()).toMatchObject({ sent: 5, received: 3, missing: 2, complete: true });
  });

  it('dates calls that told nothing by the answer before: after a pause the loop has a new schedule', () => {
    const { answers, feed } = reader(paced);
    const at = (sequence: number, podMs: number): string =>
      call(sequence).replace(/^(@m a \d+) \d+ \d+/, `$1 ${String(podMs / 10)} ${String(podMs / 10)}`);
    for (let sequence = 0; sequence < 50; sequence += 1) feed(at(sequence, sequence * 100));
    feed(at(50, 25_000), at(53, 25_300), at(51, 25_100), '@m z 56 1');
    const missing = answers.filter(({ failure }) => failure === 'missing');
    expect(missing.map(({ sequence, sentMs }) => [sequence, sentMs])).toEqual([
      [52, 25_200],
      [54, 25_400],
      [55, 25_500],
    ]);
  });

  it('gives up what cannot come any more, without waiting for the end', () => {
    const { answers, feed } = reader(paced);
    for (let sequence = 0; sequence < 200; sequence += 1) if (sequence !== 5) feed(call(sequence));
    expect(kinds(answers)).toContain('5:missing');
  });

  it('does not blame the mesh for holes in a stream that was cut', () => {
    const { answers, feed, read } = reader(paced);
    feed(call(0), call(3), call(4));
    expect(kinds(answers)).toEqual(['0:v1', '3:v1', '4:v1']);
    expect(read.counts()).toMatchObject({ sent: 5, abandoned: 2, missing: 0, complete: false });
  });

  it('says too-large, not unparsable, if it read only the beginning of a body', () => {
    const { answers, feed } = reader(paced);
    feed(`@m a 0 100 101 0 0 200 4000 1 0.01 [] \t${'x'.repeat(4100)}`);
    expect(kinds(answers)).toEqual(['0:too-large']);
  });

  it('takes mixed and half lines for noise, and their calls for missing', () => {
    const { answers, feed, read } = reader(paced);
    feed(call(0), `@m a 1 100 1${call(2)}`, '01 0 200 4', '@m z 3 0');
    expect(kinds(answers)).toEqual(['0:v1', '1:missing', '2:missing']);
    expect(read.counts().noise).toBe(2);
  });
});

const token = fc.oneof(
  fc.nat(120).map(String),
  fc.constantFrom('[]', '[2]', '\t', '0.5', '200', '-1', '99999999999999999999'),
);
const line = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('@m ', '@m', ''),
      fc.constantFrom('b', 'e', 'r', 'a', 'z', 'p', 'h'),
      fc.array(token, { maxLength: 9 }),
    )
    .map(([mark, type, words]) => `${mark}${type} ${words.join(' ')}`),
  fc
    .tuple(fc.nat(120), fc.nat(5))
    .map(([sequence, count]) => `@m b ${String(sequence)} ${String(count)} 100`),
  fc.nat(5).map((index) => record(index)),
  fc.nat(120).map((sequence) => call(sequence)),
);

describe('whatever the lines hold', () => {
  it.each([
    ['fast', fast],
    ['paced', { ...paced, requests: 100 }],
  ] as const)('a %s reader never throws, and no call has two outcomes', (_name, loop) => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), (lines) => {
        const { answers, feed, read } = reader(loop);
        feed(...lines);
        const sequences = answers.map((a) => a.sequence);
        expect(new Set(sequences).size).toBe(sequences.length);
        expect(sequences.every((sequence) => sequence < 100)).toBe(true);
        const counts = read.counts();
        expect(counts.received + counts.missing).toBe(answers.length);
        expect(answers.every((a) => (a.label === 'error') === (a.failure !== undefined))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('a call that opened no connection has none, whether curl says 0 or -1', () => {
    for (const port of ['0', '-1'])
      expect(readLine(`r 0 7 000 ${port} 0 0.000495 [] refused`)).toMatchObject({
        record: { exitCode: 7, localPort: 0 },
      });
  });

  it('a line is read or refused, never half read', () => {
    expect(readLine('b 0 1')).toBeNull();
    expect(readLine('z 1 0 extra')).toBeNull();
    expect(readLine('r 0 0 200 1 1 nan [] ')).toBeNull();
    expect(readLine('')).toBeNull();
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collector, lineSplitter } from './exec-output.ts';
import { readFrame, stdinFrames } from './exec-protocol.ts';

/** The text's bytes, cut at arbitrary places. */
const cutText = fc
  .tuple(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'ü', '€', '😀') }), fc.array(fc.nat(200)))
  .map(([text, cuts]) => {
    const bytes = Buffer.from(text);
    const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
    return { text, pieces: places.slice(1).map((place, index) => bytes.subarray(places[index], place)) };
  });

test('lines do not depend on how the bytes were cut', () => {
  fc.assert(
    fc.property(cutText, ({ text, pieces }) => {
      const lines: string[] = [];
      const sink = lineSplitter((line) => lines.push(line), 10_000);
      for (const piece of pieces) sink.push(piece, 0);
      sink.end(0);
      const expected = text.split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(lines).toEqual(expected.map((line) => line.replace(/\r$/, '')));
    }),
  );
});

test('a collector gives the whole text, or the part below the cap and false', () => {
  fc.assert(
    fc.property(cutText, fc.nat(60), ({ text, pieces }, cap) => {
      const sink = collector(cap);
      const fits = pieces.map((piece) => sink.push(piece, 0)).every(Boolean);
      const bytes = Buffer.from(text);
      expect(fits).toBe(bytes.length <= cap);
      expect(sink.text()).toBe(bytes.subarray(0, cap).toString());
    }),
  );
});

test('no frame makes the reader throw, and only a status ends a command', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const frame = readFrame(Buffer.from(bytes));
      if (bytes[0] !== 3) expect(['exit', 'refused']).not.toContain(frame.is);
    }),
  );
  for (const status of ['null', '{}', '[]', '"Success"', '{"status":"Failure","reason":"NonZeroExitCode"}']) {
    expect(readFrame(Buffer.from(`\u0003${status}`)).is).not.toBe('exit');
  }
});

test('standard input goes out whole on channel 0', () => {
  const input = Buffer.alloc(100_000, 7);
  const frames = stdinFrames(input);
  expect(frames.every((frame) => frame[0] === 0 && frame.length <= 32 * 1024 + 1)).toBe(true);
  expect(Buffer.concat(frames.map((frame) => frame.subarray(1))).equals(input)).toBe(true);
});

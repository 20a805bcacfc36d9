import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellQuote } from './quote.ts';
import { redact } from './redact.ts';
import { tail } from './tail.ts';

test('a shell reads a quoted command line as exactly the words', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 0 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const script = `for word in ${shellQuote(words)}; do printf '%s\\0' "$word"; done`;
      expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(
        words.map((each) => `${each}\0`).join(''),
      );
    }),
    { numRuns: 50 },
  );
});

describe('redact', () => {
  const secrets = [
    'Authorization: Bearer abc.def-ghi_123456',
    'token: 0123456789secret',
    '"token": "0123456789secret"',
    'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln',
    '-----BEGIN EC PRIVATE KEY-----\nsecret\n-----END EC PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\nsecret, cut off',
    'password=secret',
  ];
  test.each(secrets)('hides the secret in %j', (text) => {
    expect(redact(text)).not.toMatch(/secret(?!\])|def-ghi|c2ln/);
  });

  test('leaves ordinary messages alone', () => {
    const text = 'pods "sleep-7d9f" is forbidden: User "jane" cannot create resource "pods/exec"';
    expect(redact(text)).toBe(text);
  });
});

test('a tail holds exactly the last bytes, however they came, and no half character', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.integer({ min: 4, max: 50 }),
      (pieces, size) => {
        const ascii = pieces.map((piece) => Buffer.from(piece.map((byte) => 97 + (byte % 26))));
        const last = tail(size);
        for (const piece of ascii) last.push(piece);
        const whole = Buffer.concat(ascii);
        expect(last.text()).toBe(whole.subarray(-size).toString());
        expect(last.total()).toBe(whole.length);
      },
    ),
  );
  const euros = tail(7);
  euros.push(Buffer.from('€€€€'));
  expect(euros.text()).toBe('€€');
});

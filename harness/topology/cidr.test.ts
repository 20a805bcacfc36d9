import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, overlaps, parseCidr, type Cidr } from './cidr.ts';

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if ('mistake' in parsed) throw new Error(parsed.mistake);
  return parsed.cidr;
}

/** Any range, IPv4 or IPv6, as its own text. */
const ranges = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    number: fc.bigInt(0n, (1n << 128n) - 1n),
    prefix: fc.nat(128),
  })
  .map(({ family, number, prefix }) => {
    const bits = family === 4 ? 32 : 128;
    const length = prefix % (bits + 1);
    const size = 1n << BigInt(bits - length);
    const address = number % (1n << BigInt(bits));
    return `${formatAddress(address - (address % size), family)}/${length}`;
  });

describe('parseCidr', () => {
  it.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    'fe80::%eth0/64',
    '::/129',
    '10.0.0.1/8',
    '01.0.0.0/8',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toHaveProperty('mistake');
  });

  it.each(['10.0.0.0/8', '0.0.0.0/0', '::/0', '192.0.2.7/32', 'fd00:10:96::/112', '::ffff:10.0.0.0/104'])(
    'takes %j',
    (text) => {
      expect(parseCidr(text)).toHaveProperty('cidr.text', text);
    },
  );

  it('reads back any range that it can write', () => {
    fc.assert(
      fc.property(ranges, (text) => {
        const { first, family, prefix } = cidr(text);
        expect(`${formatAddress(first, family)}/${prefix}`).toBe(text);
      }),
    );
  });

  it('never throws on any text', () => {
    const characters = fc.string({ unit: fc.constantFrom('0', '1', '9', 'f', '.', ':', '/', '%', '-') });
    fc.assert(
      fc.property(characters, (text) => {
        expect(() => parseCidr(text)).not.toThrow();
      }),
    );
  });
});

describe('overlaps', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.0/24', true],
    ['10.10.0.0/16', '10.11.0.0/16', false],
    ['10.0.0.0/16', '10.0.255.255/32', true],
    ['::/0', '10.0.0.0/8', false],
    ['fd00::/16', 'fd00:1::/32', true],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(overlaps(cidr(a), cidr(b))).toBe(expected);
  });

  it('is symmetric, and of CIDRs one always contains the first address of the other', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const [x, y] = [cidr(a), cidr(b)];
        const startsIn = (a: Cidr, b: Cidr): boolean => b.first <= a.first && a.first <= b.last;
        const nested = startsIn(x, y) || startsIn(y, x);
        expect(overlaps(x, y)).toBe(overlaps(y, x));
        expect(overlaps(x, y)).toBe(nested && x.family === y.family);
        expect(overlaps(x, x)).toBe(true);
      }),
    );
  });
});

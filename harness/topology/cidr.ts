import { isIPv4, isIPv6 } from 'node:net';

/** A range of addresses, `first` and `last` included, as numbers of 32 or 128 bits. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  /** Leading bits that all addresses share. */
  readonly prefix: number;
  /** As it was written. */
  readonly text: string;
}

/** Reads `10.10.0.0/16` or `fd00:10::/64`. The address must be the first of its range, as Kubernetes expects it. */
export function parseCidr(text: string): { readonly cidr: Cidr } | { readonly mistake: string } {
  const [address = '', prefixText = '', ...rest] = text.split('/');
  const family = isIPv4(address) ? 4 : isIPv6(address) && !address.includes('%') ? 6 : undefined;
  const bits = family === 4 ? 32 : 128;
  if (family === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(prefixText)) {
    return { mistake: `expected a range of addresses such as 10.10.0.0/16, got ${JSON.stringify(text)}` };
  }
  const prefix = Number(prefixText);
  if (prefix > bits) {
    return {
      mistake: `${JSON.stringify(text)} has a prefix longer than the ${bits} bits of an IPv${family} address`,
    };
  }
  const number = family === 4 ? ipv4Number(address) : ipv6Number(address);
  const size = 1n << BigInt(bits - prefix);
  const first = number - (number % size);
  if (first !== number) {
    const proper = `${formatAddress(first, family)}/${prefix}`;
    return { mistake: `${JSON.stringify(text)} is not the first address of its range: write ${proper}` };
  }
  return { cidr: { family, first, last: first + size - 1n, prefix, text } };
}

/** Whether any address is in both. Ranges of different address families never overlap. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** The usual text of an address; IPv6 in full groups, without `::`. */
export function formatAddress(address: bigint, family: 4 | 6): string {
  const [groups, width] = family === 4 ? ([4, 8n] as const) : ([8, 16n] as const);
  const parts = Array.from({ length: groups }, (_, i) => {
    const part = (address >> (BigInt(groups - 1 - i) * width)) & ((1n << width) - 1n);
    return part.toString(family === 4 ? 10 : 16);
  });
  return parts.join(family === 4 ? '.' : ':');
}

function ipv4Number(address: string): bigint {
  return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv6Number(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const before = ipv6Groups(head);
  const after = ipv6Groups(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return [...before, ...zeros, ...after].reduce((sum, group) => sum * 65_536n + group, 0n);
}

/** The 16-bit groups of a part without `::`; a trailing IPv4 address counts as two. */
function ipv6Groups(part: string): bigint[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const number = ipv4Number(group);
    return [number / 65_536n, number % 65_536n];
  });
}

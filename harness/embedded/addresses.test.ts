import { expect, test } from 'vitest';
import { takeBlock } from './addresses.ts';

test('two blocks share no address, and one block gives none twice', async () => {
  const [one, other] = await Promise.all([takeBlock(), takeBlock()]);
  const addresses = Array.from({ length: 1000 }, () => [one.nextAddress(), other.nextAddress()]).flat();
  expect(new Set(addresses).size).toBe(2000);
  expect(addresses.every((address) => /^127\.\d+\.[1-9]\d*\.[1-9]\d*$/.test(address))).toBe(true);
  one.release();
  other.release();
});

test('a block that is used up says so', async () => {
  const block = await takeBlock();
  const take = (): void => {
    for (let count = 0; count < 70_000; count += 1) block.nextAddress();
  };
  expect(take).toThrow(/used up the addresses 127\.\d+\.0\.0/);
  block.release();
});

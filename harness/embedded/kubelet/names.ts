/** Names that Kubernetes makes up. */
import { createHash, randomInt } from 'node:crypto';

/** No vowels and nothing that looks like one, so that no name is a word: Kubernetes' own choice. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;

/** Five letters that are not a word. */
export function randomSuffix(): string {
  return Array.from({ length: SUFFIX_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}

/** The label `pod-template-hash`: the same for the same template. */
export function templateHash(template: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(template)).digest();
  return [...digest.subarray(0, 10)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}

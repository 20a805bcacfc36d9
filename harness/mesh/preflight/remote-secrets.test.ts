import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRemoteAccess } from './remote-secrets.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('what is anything but a kubeconfig has no server', () => {
  for (const text of ['', 'not base64 at all', base64('a: ['), base64('null'), base64('clusters: 7')]) {
    expect(readRemoteAccess('c', text)).toEqual({ clusterId: 'c', server: undefined, expiresMs: undefined });
  }
});

test('nothing that a Secret can hold makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json().map(base64)), (text) => {
      expect(readRemoteAccess('c', text).clusterId).toBe('c');
    }),
  );
});

import { createServer } from 'node:net';
import tls from 'node:tls';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFirstBytes } from './client-hello.ts';

/** The first bytes that Node's own TLS client sends. */
const helloFor = (servername: string): Promise<Buffer> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes: Buffer) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const client = tls.connect({ host: '127.0.0.1', port, servername, ALPNProtocols: ['istio'] });
      client.on('error', () => undefined);
    });
  });

test('the server name is read from a real greeting, whole or in pieces', async () => {
  const name = 'outbound_.5000_._.helloworld.sample.svc.cluster.local';
  const bytes = await helloFor(name);
  expect(readFirstBytes(bytes)).toEqual({ kind: 'tls', serverName: name });
  for (let cut = 0; cut < bytes.length; cut += 7) {
    expect(readFirstBytes(bytes.subarray(0, cut))).toEqual({ kind: 'incomplete' });
  }
});

test('plaintext is told at once', () => {
  expect(readFirstBytes(Buffer.from('GET / HTTP/1.1'))).toEqual({ kind: 'plaintext' });
});

test('no bytes make the reader throw', async () => {
  const real = await helloFor('name.example');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(400), (noise, at) => {
      const garbled = Buffer.from(real);
      Buffer.from(noise).copy(garbled, Math.min(at + 5, garbled.length));
      expect(['tls', 'incomplete', 'plaintext']).toContain(readFirstBytes(garbled).kind);
      expect(readFirstBytes(Buffer.from([0x16, 3, 1, 0, noise.length, ...noise])).kind).toBe('tls');
    }),
  );
});

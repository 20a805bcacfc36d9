import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foundAt, listenAt, portsDirectory, usePorts } from './places.ts';

const SHIM = fileURLToPath(new URL('programs/pod-shim.cjs', import.meta.url));
const run = promisify(execFile);
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'places-'));
  usePorts(directory);
});
afterAll(() => {
  usePorts(undefined);
  rmSync(directory, { recursive: true });
});

/** A server at a place of the world's, whose answer is `text`. */
async function serving(host: string, text: string): Promise<Server> {
  const server = createServer((socket) => socket.end(text));
  await listenAt(server, { host, port: 5000 });
  return server;
}

/** Runs a script as a process of the pod that has this address. */
async function inPod(address: string, script: string): Promise<string> {
  const POD_SHIM = JSON.stringify({
    mounts: [],
    lost: ['127.250.'],
    places: portsDirectory(),
    address,
  });
  const { stdout } = await run(process.execPath, ['--require', SHIM, '-e', script], {
    env: { ...process.env, POD_SHIM },
  });
  return stdout.trim();
}

const asking = (host: string): string =>
  `const s = require('node:net').connect({ host: '${host}', port: 5000 });` +
  `s.on('data', (d) => console.log(String(d))); s.on('error', ({ code }) => console.log(code));`;

test('two addresses have the same port on a machine that has one address', async () => {
  const [one, other] = [await serving('127.20.1.1', 'one'), await serving('127.20.1.2', 'other')];
  const found = ['127.20.1.1', '127.20.1.2'].map((host) => foundAt({ host, port: 5000 }));
  expect(found.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(new Set(found.map(({ port }) => port)).size).toBe(2);
  expect(await inPod('127.20.1.3', asking('127.20.1.1'))).toBe('one');
  expect(await inPod('127.20.1.3', asking('127.20.1.2'))).toBe('other');
  one.close();
  other.close();
});

test('where nobody listens, or no more, callers are refused', async () => {
  const server = await serving('127.20.2.1', 'here');
  server.close();
  expect(await inPod('127.20.2.2', asking('127.20.2.1'))).toBe('ECONNREFUSED');
  expect(foundAt({ host: '127.20.2.3', port: 5000 })).toEqual({ host: '127.0.0.1', port: 1 });
});

test("a process of a pod listens at the pod's address, where others find it", async () => {
  const script = `
    const server = require('node:net').createServer((socket) => { socket.end('pod'); server.close(); });
    server.listen(5000, () => console.log('listens'));`;
  const pod = inPod('127.20.3.1', script);
  await expect
    .poll(() => foundAt({ host: '127.20.3.1', port: 5000 }).port, { timeout: 5000 })
    .toBeGreaterThan(1);
  expect(await inPod('127.20.3.2', asking('127.20.3.1'))).toBe('pod');
  expect(await pod).toBe('listens');
  expect(foundAt({ host: '127.20.3.1', port: 5000 }).port).toBe(1);
});

test('what is really there is itself', () => {
  expect(foundAt({ host: '127.0.0.1', port: 6443 })).toEqual({ host: '127.0.0.1', port: 6443 });
});

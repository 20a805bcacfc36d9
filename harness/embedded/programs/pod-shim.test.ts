import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const SHIM = fileURLToPath(new URL('pod-shim.cjs', import.meta.url));
/** Says how a connection to a port where nobody listens ends. */
const SCRIPT = `
const socket = require('node:net').connect({ host: process.argv[1], port: 1 });
const say = (what) => { console.log(what); process.exit(); };
socket.setTimeout(300, () => say('nothing'));
socket.on('error', ({ code }) => say(code));
`;
const connectTo = (host: string): string => {
  const POD_SHIM = JSON.stringify({ mounts: [], lost: ['127.250.'] });
  const env = { ...process.env, POD_SHIM };
  return execFileSync(process.execPath, ['--require', SHIM, '-e', SCRIPT, host], { env }).toString().trim();
};

test('packets to lost addresses get no answer at all, those to others do', () => {
  expect(connectTo('127.250.1.1')).toBe('nothing');
  expect(connectTo('127.251.1.1')).toBe('ECONNREFUSED');
});

test('a mounted path leads to its volume once, also where the volumes lie below a path that is mounted', () => {
  const below = mkdtempSync(join(tmpdir(), 'pod-shim-'));
  onTestFinished(() => {
    rmSync(below, { recursive: true });
  });
  const script = join(below, 'volumes', 'script');
  mkdirSync(script, { recursive: true });
  writeFileSync(join(script, 'text'), 'of the volume');
  const mounts = [
    { at: below, directory: join(below, 'volumes', 'tmp') },
    { at: '/script', directory: script },
  ];
  const env = { ...process.env, POD_SHIM: JSON.stringify({ mounts, lost: [] }) };
  const read = `console.log(require('node:fs').readFileSync(process.argv[1], 'utf8'))`;
  for (const path of ['/script/text', join(script, 'text')]) {
    expect(
      execFileSync(process.execPath, ['--require', SHIM, '-e', read, path], { env }).toString().trim(),
    ).toBe('of the volume');
  }
});

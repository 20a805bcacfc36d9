import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

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

// Loaded into every `node` of a pod (NODE_OPTIONS), which has neither a network nor a file system of its own here:
// servers without a host listen at the pod's address, the host is named as the pod, and paths below the pod's volume
// mounts lead to their directories; packets to some addresses are lost, and others are ports of this machine's one address.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const process = require('node:process');
const { clearTimeout, setInterval, setTimeout } = require('node:timers');

const { POD_SHIM } = process.env;
const { address, hostname, mounts, lost, places } = JSON.parse(POD_SHIM ?? '{"mounts":[],"lost":[]}');
/** As Linux gives up. */
const CONNECT_TIMEOUT_MS = 127_000;

// A world that was killed cannot end its processes: they notice.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1000).unref();

if (hostname !== undefined) os.hostname = () => hostname;

const everywhere = (host) => host === undefined || host === '0.0.0.0' || host === '::';

// Where 127.0.0.1 is the only address, a file for each place holds the port that it really has: see places.ts.
const fileOf = (host, port) => path.join(places, `${host}-${port}`);

function listenElsewhere(server, host, port) {
  server.once('listening', () => {
    const file = fileOf(host, port);
    fs.writeFileSync(file, `${server.address().port}\n`);
    server.once('close', () => fs.rmSync(file, { force: true }));
  });
  return { host: '127.0.0.1', port: 0 };
}

if (address !== undefined) {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...given) {
    const [first, second] = given;
    const at = typeof first === 'object' && first !== null ? first : { port: first };
    const host = at === first ? first.host : typeof second === 'string' ? second : undefined;
    if (!/^\d+$/.test(String(at.port)) || !everywhere(host)) return listen.apply(this, given);
    const port = Number(at.port);
    const here = places === undefined ? { host: address, port } : listenElsewhere(this, address, port);
    return listen.call(this, { ...at, ...here }, ...given.filter((each) => typeof each === 'function'));
  };
}

const REAL = '127.0.0.1';
const isOfWorld = (host) => host.startsWith('127.') && host !== REAL;

function portOf(host, port) {
  try {
    return Number(fs.readFileSync(fileOf(host, port), 'utf8')) || 1;
  } catch {
    return 1; // refused
  }
}

if (lost.length > 0 || places !== undefined) {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...given) {
    // Node's own callers give what they have normalized: an array of options and callback.
    const [first, second] = Array.isArray(given[0]) ? given[0] : given;
    const options = typeof first === 'object' && first !== null ? first : { port: first, host: second };
    const host = String(options.host);
    if (lost.some((prefix) => host.startsWith(prefix))) return loseAll(this, host);
    if (places === undefined || !isOfWorld(host)) return connect.apply(this, given);
    const then = (Array.isArray(given[0]) ? given[0] : given).filter((each) => typeof each === 'function');
    return connect.call(this, { ...options, host: REAL, port: portOf(host, options.port) }, ...then);
  };
}

function loseAll(socket, host) {
  socket.connecting = true;
  const error = Object.assign(new Error(`connect ETIMEDOUT ${host}`), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => socket.destroy(error), CONNECT_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(timer));
  return socket;
}

const isBelow = (path, directory) => path === directory || path.startsWith(`${directory}/`);

const inPod = (path) => {
  // What leads to a volume already may itself lie below a directory that is mounted too, such as /tmp.
  if (typeof path !== 'string' || mounts.some(({ directory }) => isBelow(path, directory))) return path;
  const mount = mounts.find(({ at }) => isBelow(path, at));
  return mount === undefined ? path : mount.directory + path.slice(mount.at.length);
};

const ONE_PATH = [
  'access',
  'appendFile',
  'createReadStream',
  'createWriteStream',
  'exists',
  'lstat',
  'mkdir',
  'open',
  'readFile',
  'readdir',
  'rm',
  'stat',
  'unlink',
  'watch',
  'writeFile',
];
for (const owner of [fs, fs.promises]) {
  for (const name of ONE_PATH.flatMap((each) => [each, `${each}Sync`])) {
    const real = owner[name];
    if (typeof real !== 'function') continue;
    owner[name] = (path, ...rest) => real.call(owner, inPod(path), ...rest);
  }
}

// Loaded into every `node` of a pod (NODE_OPTIONS), which has neither a network nor a file system of its own here:
// servers without a host listen at the pod's address, the host is named as the pod, and paths below the pod's volume
// mounts lead to their directories; packets to some addresses are lost.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const process = require('node:process');
const { clearTimeout, setInterval, setTimeout } = require('node:timers');

const { POD_SHIM } = process.env;
const { address, hostname, mounts, lost } = JSON.parse(POD_SHIM ?? '{"mounts":[],"lost":[]}');
/** As Linux gives up. */
const CONNECT_TIMEOUT_MS = 127_000;

// A world that was killed cannot end its processes: they notice.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1000).unref();

if (hostname !== undefined) os.hostname = () => hostname;

if (address !== undefined) {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...given) {
    const [first, second] = given;
    const everywhere = (host) => host === undefined || host === '0.0.0.0' || host === '::';
    if (typeof first === 'object' && first !== null && first.port !== undefined && everywhere(first.host))
      return listen.call(this, { ...first, host: address }, ...given.slice(1));
    if (typeof first === 'number' || /^\d+$/.test(String(first))) {
      if (typeof second !== 'string') return listen.call(this, Number(first), address, ...given.slice(1));
      if (everywhere(second)) return listen.call(this, Number(first), address, ...given.slice(2));
    }
    return listen.apply(this, given);
  };
}

if (lost.length > 0) {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...given) {
    const [first, second] = Array.isArray(given[0]) ? given[0] : given;
    const host = String(typeof first === 'object' && first !== null ? first.host : second);
    if (!lost.some((prefix) => host.startsWith(prefix))) return connect.apply(this, given);
    this.connecting = true;
    const error = Object.assign(new Error(`connect ETIMEDOUT ${host}`), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => this.destroy(error), CONNECT_TIMEOUT_MS);
    this.once('close', () => clearTimeout(timer));
    return this;
  };
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

// A stand-in for curl on machines that have none: as much of it as the harness' loop asks for. Options that it does not
// know it refuses. Exit codes and the variables of --write-out are curl's: https://curl.se/docs/manpage.html
'use strict';
const http = require('node:http');
const process = require('node:process');
const { clearTimeout, setTimeout } = require('node:timers');
const { URL } = require('node:url');

const FLAGS = new Set(['-q', '-s', '-S', '-sS', '--silent', '--show-error', '--globoff']);
const VALUES = {
  '-m': 'max-time',
  '--max-time': 'max-time',
  '--max-filesize': 'max-filesize',
  '-H': 'header',
  '-b': 'cookie',
  '-w': 'write-out',
  '--connect-to': 'connect-to',
  '--noproxy': 'ignored',
  '--limit-rate': 'ignored',
};
const [USAGE, UNSUPPORTED, RESOLVE, CONNECT, TIMEOUT, EMPTY, TOO_LARGE] = [2, 1, 6, 7, 28, 52, 63];
const CODES = { ECONNRESET: EMPTY, ENOTFOUND: RESOLVE, EAI_AGAIN: RESOLVE };

const say = (text) => process.stderr.write(`curl: ${text}\n`);

function read(words) {
  const options = { header: [], urls: [] };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === '-V' || word === '--version') options.version = true;
    else if (FLAGS.has(word)) continue;
    else if (VALUES[word] === 'header') options.header.push(words[(index += 1)] ?? '');
    else if (VALUES[word] !== undefined) options[VALUES[word]] = words[(index += 1)];
    else if (word.startsWith('-')) return { refused: `option ${word}: not known to this stand-in for curl` };
    else options.urls.push(/^[a-z]+:\/\//.test(word) ? word : `http://${word}`);
  }
  return options;
}

function headersOf({ header, cookie }, host) {
  const headers = { host, 'user-agent': 'curl/stand-in', accept: '*/*', ...(cookie ? { cookie } : {}) };
  for (const line of header) {
    const empty = /^([^:;]+);$/.exec(line);
    const [, name, value] = empty ?? /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) headers[name.toLowerCase()] = value ?? '';
  }
  return headers;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const used = new Set();

function ask(url, options) {
  const began = process.hrtime.bigint();
  const outcome = {
    exitcode: 0,
    response_code: '000',
    local_port: 0,
    num_connects: 0,
    errormsg: '',
    headers: {},
  };
  const { hostname, port, pathname, search, host, protocol } = new URL(url);
  const end = (resolve, exitcode = 0, errormsg = '') => {
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    resolve({ ...outcome, exitcode, errormsg, time_total: seconds.toFixed(6) });
  };
  return new Promise((resolve) => {
    if (protocol !== 'http:') return end(resolve, UNSUPPORTED, `Protocol "${protocol}" not supported`);
    const [, address, towards] = /^::([^:]*):(\d+)$/.exec(options['connect-to'] ?? '') ?? [];
    const call = http.request({
      agent,
      host: address ?? hostname,
      port: towards ?? (port || 80),
      path: pathname + search,
      headers: headersOf(options, host),
    });
    const stop = (code, message) => {
      end(resolve, code, message);
      call.destroy();
    };
    const limit = Number(options['max-time'] ?? 0) * 1000;
    const timer =
      limit > 0 ? setTimeout(() => stop(TIMEOUT, `Operation timed out after ${limit} ms`), limit) : undefined;
    call.on('socket', (socket) => {
      const note = () => {
        outcome.local_port = socket.localPort ?? 0;
        outcome.num_connects = used.has(socket) ? 0 : 1;
        used.add(socket);
      };
      if (socket.connecting) socket.once('connect', note);
      else note();
    });
    call.on('error', ({ code, message }) => {
      clearTimeout(timer);
      end(resolve, CODES[code] ?? CONNECT, message);
    });
    call.on('response', (response) => {
      Object.assign(outcome, {
        response_code: String(response.statusCode).padStart(3, '0'),
        headers: response.headers,
      });
      let size = 0;
      response.on('data', (chunk) => {
        size += chunk.length;
        if (size > Number(options['max-filesize'] ?? Infinity)) stop(TOO_LARGE, 'Maximum file size exceeded');
        else process.stdout.write(chunk);
      });
      response.on('end', () => {
        clearTimeout(timer);
        end(resolve);
      });
    });
    call.end();
  });
}

const written = (format, outcome) =>
  format
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/%(?:\{(\w+)\}|header\{([^}]+)\})/g, (_all, name, header) =>
      String((name === undefined ? outcome.headers[header.toLowerCase()] : outcome[name]) ?? ''),
    );

async function main() {
  const options = read(process.argv.slice(2));
  if (options.version) return void process.stdout.write('curl 8.0.0 (stand-in in Node.js)\n');
  if (options.refused || options.urls.length === 0) {
    say(options.refused ?? 'no URL specified');
    process.exitCode = USAGE;
    return;
  }
  for (const [index, url] of options.urls.entries()) {
    const outcome = { ...(await ask(url, options)), urlnum: index };
    process.exitCode = outcome.exitcode;
    if (options['write-out'] !== undefined) process.stdout.write(written(options['write-out'], outcome));
  }
  agent.destroy();
}

void main();

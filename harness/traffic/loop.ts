/** The one place that builds a curl command line: a loop described by data becomes the argv of one exec. */
import { readFileSync } from 'node:fs';
import { PACED_LINE_BYTES } from './lines.ts';
import type { Call, Loop } from './types.ts';

/** Defaults of a loop, declared once. */
export const LOOP_DEFAULTS = {
  statuses: [200] as readonly number[],
  timeoutMs: 5000,
  perSecond: 10,
  pacedRequests: 100_000,
} as const;

/** Most requests of one curl process in a fast loop: its start costs about as much as ten requests. */
const BATCH = 100;
/** A body may be this long, in bytes; an answer that says who it is is far shorter. */
const MAX_BODY = 262_144;
/** Keeps a body of unannounced length, which curl < 8.4 cannot refuse, to some megabytes. */
const MAX_BYTES_PER_SECOND = '200K';

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\uffff]*$/;
const COOKIE_VALUE = /^[\x21\x23-\x3a\x3c-\x7e]*$/;

/** Without comments and indentation: a command travels to the API server in a URL, whose length proxies limit. */
const SCRIPT = readFileSync(new URL('./loop.sh', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.trimStart())
  .filter((line) => line !== '' && !line.startsWith('#'))
  .join('\n');

/**
 * The command of a loop. Every datum is a positional parameter; none becomes part of the script.
 * `mark` begins each line of the loop's own: unguessable for the servers that are asked. Throws a TypeError that names
 * all mistakes of the loop.
 */
export function loopCommand(loop: Loop, mark: string): string[] {
  const mistakes = findMistakes(loop);
  if (mistakes.length > 0) throw new TypeError(`This loop cannot be run: ${mistakes.join('; ')}.`);
  const paced = loop.mode === 'paced';
  const perSecond = paced ? (loop.perSecond ?? LOOP_DEFAULTS.perSecond) : 1;
  const numbers = [
    paced ? (loop.requests ?? LOOP_DEFAULTS.pacedRequests) : loop.requests,
    loop.mode === 'fast' ? BATCH : 1,
    Math.max(1, Math.round(perSecond * 1000)),
    mostInFlight(loop),
    PACED_LINE_BYTES,
  ].map(String);
  return [
    'sh',
    '-c',
    SCRIPT,
    'sh',
    mark,
    paced ? 'paced' : 'sequential',
    ...numbers,
    loop.url,
    ...curlArguments(loop, mark),
  ];
}

/** Most calls of a loop that can be under way at once: those of one time limit, and a second more for starting. */
export function mostInFlight(loop: Loop): number {
  if (loop.mode !== 'paced') return 1;
  const seconds = (loop.timeoutMs ?? LOOP_DEFAULTS.timeoutMs) / 1000 + 1;
  return Math.ceil(seconds * (loop.perSecond ?? LOOP_DEFAULTS.perSecond)) + 1;
}

/** The command that asks once, as a person would type it in the pod: for messages. */
export function curlOnce(call: Call): string {
  const words = ['curl', '-sS', '--max-time', seconds(call), ...requestArguments(call), call.url];
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

function curlArguments(loop: Loop, mark: string): string[] {
  const record =
    `\\n${mark} r %{urlnum} %{exitcode} %{response_code} %{local_port} %{num_connects} %{time_total}` +
    ` [%header{x-envoy-attempt-count}] %{errormsg}\\n`;
  const limits = [
    '--max-time',
    seconds(loop),
    '--max-filesize',
    String(MAX_BODY),
    '--limit-rate',
    MAX_BYTES_PER_SECOND,
  ];
  const fresh = loop.mode === 'fast' && loop.connections === 'fresh' ? ['-H', 'Connection: close'] : [];
  // -q comes first or not at all: no .curlrc of the image, and no proxy of its environment, shall change the question.
  return [
    '-q',
    '-s',
    '--globoff',
    '--noproxy',
    '*',
    ...limits,
    ...requestArguments(loop),
    ...fresh,
    '-w',
    record,
  ];
}

function requestArguments(call: Call): string[] {
  const headers = Object.entries(call.headers ?? {}).flatMap(([name, value]) => [
    '-H',
    value === '' ? `${name};` : `${name}: ${value}`,
  ]);
  const cookies = Object.entries(call.cookies ?? {}).map(([name, value]) => `${name}=${value}`);
  return cookies.length > 0 ? [...headers, '-b', cookies.join('; ')] : headers;
}

function seconds(call: Call): string {
  return String((call.timeoutMs ?? LOOP_DEFAULTS.timeoutMs) / 1000);
}

/** All mistakes of a call or loop, each with what was expected and seen. */
export function findMistakes(loop: Call | Loop): string[] {
  const mistakes: string[] = [];
  const url = URL.canParse(loop.url) ? new URL(loop.url) : undefined;
  if (
    (url?.protocol !== 'http:' && url?.protocol !== 'https:') ||
    /[\s\p{Cc}]/u.test(loop.url) ||
    !/^https?:/.test(loop.url)
  )
    mistakes.push(`url must be http or https without spaces, not ${JSON.stringify(loop.url)}`);
  for (const [name, value] of Object.entries(loop.headers ?? {}))
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value))
      mistakes.push(`header ${JSON.stringify(name)} is not valid`);
  for (const [name, value] of Object.entries(loop.cookies ?? {}))
    if (!HEADER_NAME.test(name) || !COOKIE_VALUE.test(value))
      mistakes.push(`cookie ${JSON.stringify(name)} is not valid`);
  for (const source of [loop.answeredBy.version, loop.answeredBy.instance ?? ''])
    if (!isPattern(source))
      mistakes.push(`answeredBy holds no valid regular expression: ${JSON.stringify(source)}`);
  return [...mistakes, ...numberMistakes(loop)];
}

function numberMistakes(loop: Call | Loop): string[] {
  const mistakes: string[] = [];
  if (loop.timeoutMs !== undefined && !(loop.timeoutMs >= 1 && loop.timeoutMs <= 600_000))
    mistakes.push(`timeoutMs must be from 1 to 600000, not ${String(loop.timeoutMs)}`);
  if (!('mode' in loop)) return mistakes;
  if (loop.requests !== undefined && !(Number.isSafeInteger(loop.requests) && loop.requests >= 1))
    mistakes.push(`requests must be a whole number from 1, not ${String(loop.requests)}`);
  if (
    loop.mode === 'paced' &&
    loop.perSecond !== undefined &&
    !(loop.perSecond >= 0.01 && loop.perSecond <= 100)
  )
    mistakes.push(`perSecond must be from 0.01 to 100, not ${String(loop.perSecond)}`);
  return mistakes;
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}

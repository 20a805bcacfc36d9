import { redactSecretObjects } from './redact-secrets.ts';

/** What stands in for a secret. */
export const REDACTED = '[REDACTED]';

type Replacement = readonly [pattern: RegExp, by: string | ((match: string) => string)];

/**
 * What is secret by its form, wherever it stands. Here and below repetitions are bounded or start at the edge of a
 * word: the time to clean a log grows with its length, not with its square.
 */
const FORMS: readonly Replacement[] = [
  // "-----BEGIN" in base64, as kubeconfigs hold it. Certificates are public.
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{16,}/g, (match) => (isPrivateKey(match) ? REDACTED : match)],
  // JSON Web Tokens, with or without their signature.
  [/(?<![\w-])eyJ[\w-]{6,}\.eyJ[\w-]{4,}(?:\.[\w-]*)?/g, REDACTED],
  [
    /\b(authorization["']?[ \t]*[:=][ \t]*["']?(?:bearer|basic|digest|negotiate)[ \t]+)[^\s"',;]+/gi,
    `$1${REDACTED}`,
  ],
  [/\b(bearer[ \t]+)(?!\[REDACTED\])[\w.~+/=-]{12,}/gi, `$1${REDACTED}`],
  // user:password@ in addresses. The user's name stays.
  [/(?<=:\/\/[^\s/:@"']{0,100}:)[^\s/"'@]{1,4000}@/gi, `${REDACTED}@`],
];

const NAMES =
  '(?:token|password|passwd|client-key-data|secret[-_]?key|client[-_]?secret|secret[-_]?access[-_]?key|api[-_]?key|' +
  'private[-_]?key|\\.docker(?:configjson|cfg)|dockerconfigjson)';
/** At the start of a line, where it is tried once only. */
const NAMED = `[ \\t]*(?:-[ \\t]+)?["']?[\\w./-]{0,60}${NAMES}["']?`;
const NOT_SECRET = '(?!(?:true|false|null)\\b|\\[REDACTED\\]|[|>])';

/** What is secret by its name. Switches (`automountServiceAccountToken: false`) are none. */
const NAMED_VALUES: readonly Replacement[] = [
  // JSON, also as a string in JSON (with \").
  [
    new RegExp(
      `((?:${NAMES}|["']auth)\\\\{0,9}["']\\s*:\\s*)(\\\\{0,9}")(?:[^"\\\\]|\\\\[^"])*(\\\\{0,9}")`,
      'gi',
    ),
    `$1$2${REDACTED}$3`,
  ],
  [new RegExp(`(${NAMES}'[ \\t]*:[ \\t]*')[^'\\n]*`, 'gi'), `$1${REDACTED}`],
  [
    new RegExp(`(${NAMES}["']?=)(?!\\[REDACTED\\])(?:"[^"\\n]*"|'[^'\\n]*'|[^\\s&,;"']+)`, 'gi'),
    `$1${REDACTED}`,
  ],
  [
    new RegExp(`(--?(?:[a-z]{1,20}-){0,4}${NAMES}[ \\t]+)(?!-|\\[REDACTED\\])[^\\s&,;"']+`, 'gi'),
    `$1${REDACTED}`,
  ],
  // YAML: to the end of the line; within a line, one word.
  [
    new RegExp(`^(${NAMED}:[ \\t]+)(?!(?:true|false|null|[|>][-+\\d]*)?[ \\t]*$)\\S.*$`, 'gim'),
    `$1${REDACTED}`,
  ],
  [new RegExp(`(${NAMES}:[ \\t]+)${NOT_SECRET}[^\\s,;"'}]+`, 'gi'), `$1${REDACTED}`],
];

/** A YAML block under a secret name: everything deeper than the name. */
const BLOCK = new RegExp(`^(${NAMED}:[ \\t]*)[|>][-+\\d]*[ \\t]*$`, 'i');

/**
 * Removes secrets from a text that is about to be written: private keys, tokens, credentials of kubeconfigs and of
 * registries, the data of Secret objects, passwords in addresses. Rather too much than too little; what says where
 * something went wrong (names, addresses, certificates, statuses) stays.
 */
export function redact(text: string): string {
  const blocks = redactBlocks(redactPrivateKeys(redactSecretObjects(text, REDACTED)));
  return [...FORMS, ...NAMED_VALUES].reduce(
    (current, [pattern, by]) =>
      typeof by === 'string' ? current.replace(pattern, by) : current.replace(pattern, by),
    blocks,
  );
}

/** As `redact`, for every string in a value of plain data. */
export function redactAll<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, redactStrings)) as T;
}

/** A replacer for `JSON.stringify` that removes secrets. */
export function redactStrings(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? redact(value) : value;
}

const PEM_EDGE = /(-----(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY-----)/;

/** PEM private keys, also on one line with written-out line ends. Of one without its end, all that looks like a key. */
function redactPrivateKeys(text: string): string {
  let key: string | undefined;
  let clean = '';
  for (const part of text.split(PEM_EDGE)) {
    const edge = PEM_EDGE.exec(part)?.[1];
    if (edge?.startsWith('-----BEGIN') === true) {
      if (key === undefined) clean += REDACTED;
      key = '';
    } else if (edge !== undefined && key !== undefined) key = undefined;
    else if (key === undefined) clean += part;
    else key = part;
  }
  return clean + (key ?? '').replace(/^[A-Za-z0-9+/=\s\\]*/, '');
}

function isPrivateKey(base64: string): boolean {
  return Buffer.from(base64, 'base64').toString('latin1').includes('PRIVATE KEY');
}

function redactBlocks(text: string): string {
  if (!/[|>]/.test(text)) return text;
  let depth: number | undefined;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length;
    if (depth !== undefined && (line.trim() === '' || indent > depth)) continue;
    const block = BLOCK.exec(line);
    depth = block === null ? undefined : indent;
    lines.push(block === null ? line : `${block[1] ?? ''}${REDACTED}`);
  }
  return lines.join('\n');
}

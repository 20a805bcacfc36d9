/** Words and numbers as people read them. Pure functions of their arguments. */

/* eslint-disable no-control-regex -- control characters are what this file is about */
const ESCAPE_SEQUENCES =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b\n]{0,200}(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/* eslint-enable no-control-regex */

/** Text from elsewhere (a pod, a server) without what would steer a terminal or break a file format. */
export function plain(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replace(ESCAPE_SEQUENCES, '')
    .replace(CONTROLS, '');
}

/** As `plain`, on one line. */
export function oneLine(text: string): string {
  return plain(text).replace(/\s+/g, ' ').trim();
}

/** At most `width` characters; what is cut is marked. */
export function fit(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Breaks a text into lines of at most `width` characters at spaces; longer words stay whole, to be pasted. */
export function wrap(text: string, width: number): readonly string[] {
  return plain(text)
    .split('\n')
    .flatMap((paragraph) => wrapLine(paragraph, width));
}

function wrapLine(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `1234567` → `1,234,567`. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count with its noun: `1 check`, `2 checks`. */
export function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A fraction in per cent with one decimal: `50.1 %`. */
export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}

/** A time span in milliseconds: `0.4 s`, `41.2 s`, `5 min 12 s`, `2 h 05 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** The (finite) natural logarithm of an e-value as odds: `1,097:1`, `10^14:1`. */
export function odds(logEvidence: number): string {
  const digits = logEvidence / Math.LN10;
  if (digits >= 6) return `10^${String(Math.floor(digits))}:1`;
  return logEvidence >= 0 ? `${grouped(Math.exp(logEvidence))}:1` : 'below 1:1';
}

/** Messages of ours end in `Look: COMMAND`: what is said, and then each command, to be shown on a line of its own. */
export const aloneOnTheirLines = (text: string): readonly string[] => text.split(/\s*\bLook: /);

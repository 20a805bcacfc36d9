const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/**
 * Milliseconds of a text such as `500ms`, `30s`, `5m` or `1h30m`: whole numbers with units, each once, the largest first.
 *
 * @returns nothing for any other text
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(?=\d)(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/.exec(text);
  if (match === null) return undefined;
  const [, h, m, s, ms] = match;
  return Number(h ?? 0) * units.h + Number(m ?? 0) * units.m + Number(s ?? 0) * units.s + Number(ms ?? 0);
}

/** The shortest text that `parseDuration` reads as so many milliseconds. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  let text = '';
  for (const [unit, size] of Object.entries(units)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

/** Major, minor and patch. */
export type Version = readonly [major: number, minor: number, patch: number];

/** The first version in a text such as `kind v0.33.0 go1.24 linux/amd64`; undefined if there is none. */
export function readVersion(text: string): Version | undefined {
  const found = /(?<![\w.])v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
}

/** Is `version` the same as `minimum`, or later? */
export function atLeast(version: Version, minimum: Version): boolean {
  const index = [0, 1, 2].find((part) => version[part] !== minimum[part]);
  return index === undefined || (version[index] ?? 0) > (minimum[index] ?? 0);
}

/** `1.24.0`. */
export const formatVersion = (version: Version): string => version.join('.');

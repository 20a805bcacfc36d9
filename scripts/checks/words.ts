import { readFile } from 'node:fs/promises';
import { projectFiles } from './files.ts';
import { finding, type Check } from './types.ts';

interface Forbidden {
  readonly pattern: RegExp;
  readonly why: string;
  /** The only files that it matters in. */
  readonly only?: RegExp;
  /** Files in which it may stand. */
  readonly except?: RegExp;
}

/** Put together from parts, as the patterns below are written, so that this file does not hold what it forbids. */
const host = (...parts: string[]) => parts.join('\\.');
const hosts = [
  host('registry', 'npmjs', 'org'),
  host('registry', 'yarnpkg', 'com'),
  host('registry', 'npmmirror', 'com'),
  host('pypi', 'org'),
  host('files', 'pythonhosted', 'org'),
  host('proxy', 'golang', 'org'),
  host('crates', 'io'),
];

const forbidden: readonly Forbidden[] = [
  {
    pattern: new RegExp(`(?<![\\w.-])(?:${hosts.join('|')})`),
    why: 'names the host of a package registry: which one is for the reader to choose',
  },
  {
    pattern: /"resolved":\s*"https?:/,
    why: 'in a lock file names hosts: install with --omit-lockfile-registry-resolved',
    only: /^package-lock\.json$/,
  },
  {
    pattern: /(?<![\w.~-])\/(?:work|root|home|Users)\/[\w.-]/,
    why: 'is a path of one machine: write it relative to the project',
    except: /^LICENSE$/,
  },
  {
    pattern: /\.\.\/share[d]\b/,
    why: 'lies outside of the project',
    except: /^(\.ci|scripts\/bench)\//,
  },
  {
    pattern: /eslint-disabl[e](?!.* -- \S)/,
    why: 'is a suppression without its reason: put it behind --',
  },
  {
    pattern: /@ts-(?:ignore|nocheck)/,
    why: 'turns the compiler off: use @ts-expect-error with the reason',
  },
];

/** No file holds what would be wrong on another machine, or hides what the other checks find. */
export const words: Check = {
  name: 'words',
  run: async () => {
    const files = (await projectFiles()).filter((file) => !/\.(png|jpg|gz|tar|zip)$/.test(file));
    const problems = await Promise.all(
      files.map(async (file) => wordProblems(file, await readFile(file, 'utf8'))),
    );
    return finding(problems.flat(), `${files.length} files`);
  },
};

/** What one file must not say, a line each. */
export function wordProblems(file: string, text: string): readonly string[] {
  const rules = forbidden.filter(
    ({ only, except }) => only?.test(file) !== false && except?.test(file) !== true,
  );
  return text.split('\n').flatMap((line, index) =>
    rules.flatMap(({ pattern, why }) => {
      const match = pattern.exec(line);
      return match === null ? [] : [`${file}:${index + 1}: ${match[0]} ${why}`];
    }),
  );
}

import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fallbackDirectory, writeProblem } from './fallback.ts';
import { githubAnnotations } from './github.ts';
import { junitXml } from './junit.ts';
import { redactAll } from './redact.ts';
import { summaryMarkdown } from './summary.ts';
import type { Report } from './types.ts';

/** GitHub refuses a step's summary above this size, in bytes. */
const SUMMARY_LIMIT = 1024 * 1024;

/** Where the surroundings want to hear of the report. */
export interface Surroundings {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Takes the annotations for GitHub, a line each. @default process.stderr */
  readonly stderr?: { write(text: string): unknown };
}

/** What was written. */
export interface Written {
  /** The directory that was asked for, or its stand-in when that cannot be written. */
  readonly directory: string;
  /** Paths of the files. */
  readonly files: readonly string[];
  /** What could not be written, where, why, and what to do. */
  readonly problems: readonly string[];
}

/**
 * Writes `report.json`, `junit.xml` and `summary.md`, each to a temporary file first, so that a reader never sees half
 * of one; then tells GitHub, where it runs there. Never throws.
 */
export function writeReports(directory: string, report: Report, surroundings: Surroundings = {}): Written {
  const { env = process.env, stderr = process.stderr } = surroundings;
  const clean = redactAll(report);
  const summary = summaryMarkdown(clean);
  const files = {
    'report.json': reportText(report),
    'junit.xml': junitXml(clean),
    'summary.md': summary,
  };
  const written = writeAll(directory, files);
  const problems = [...written.problems, ...appendSummary(env['GITHUB_STEP_SUMMARY'], summary)];
  if (env['GITHUB_ACTIONS'] === 'true')
    for (const line of githubAnnotations(clean)) stderr.write(`${line}\n`);
  if (written.directory === directory && basename(resolve(directory)) === report.run.id)
    linkLatest(directory);
  return { ...written, problems };
}

/** The text of `report.json`, which `--json` prints too. */
export function reportText(report: Report): string {
  return `${JSON.stringify(redactAll(report), null, 2)}\n`;
}

function writeAll(directory: string, files: Readonly<Record<string, string>>): Written {
  try {
    return { directory, files: writeInto(directory, files), problems: [] };
  } catch (error) {
    try {
      const { path } = fallbackDirectory(directory);
      const problems = [writeProblem('The reports', directory, { error, instead: path })];
      return { directory: path, files: writeInto(path, files), problems };
    } catch {
      return { directory, files: [], problems: [writeProblem('The reports', directory, { error })] };
    }
  }
}

function writeInto(directory: string, files: Readonly<Record<string, string>>): readonly string[] {
  mkdirSync(directory, { recursive: true });
  return Object.entries(files).map(([name, text]) => {
    const path = join(directory, name);
    const temporary = join(directory, `.${name}.${String(process.pid)}.tmp`);
    try {
      writeFileSync(temporary, text);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    return path;
  });
}

function appendSummary(file: string | undefined, summary: string): readonly string[] {
  if (file === undefined || file === '') return [];
  try {
    const taken = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    appendFileSync(file, cutToBytes(summary, SUMMARY_LIMIT - taken));
    return [];
  } catch (error) {
    return [writeProblem('The summary for GitHub', file, { error })];
  }
}

/** At most `limit` bytes of UTF-8, cut at a line's end, saying so. */
export function cutToBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  const ending = '\n\nThe rest is in summary.md.\n';
  const room = limit - Buffer.byteLength(ending);
  if (room <= 0) return '';
  const bytes = Buffer.from(text).subarray(0, room);
  const end = bytes.lastIndexOf('\n');
  return `${bytes.subarray(0, Math.max(0, end)).toString('utf8')}${ending}`;
}

/** `latest` beside the run's directory. A convenience: where it cannot be made, nothing is lost. */
function linkLatest(directory: string): void {
  const link = join(dirname(resolve(directory)), 'latest');
  const temporary = `${link}.${String(process.pid)}.tmp`;
  try {
    const found = lstatSync(link, { throwIfNoEntry: false });
    if (found !== undefined && !found.isSymbolicLink()) return;
    rmSync(temporary, { force: true });
    symlinkSync(basename(resolve(directory)), temporary);
    renameSync(temporary, link);
  } catch {
    // See above.
  }
}

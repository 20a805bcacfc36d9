import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEvents } from './event-log.ts';
import { foldReport } from './fold.ts';
import type { Report } from './types.ts';
import { cutToBytes, writeReports } from './write.ts';

const url = new URL('../../fixtures/events/broken.ndjson', import.meta.url);
const report = foldReport(parseEvents(readFileSync(url, 'utf8')));

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'write-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function listener(): { stderr: { write(text: string): void }; said: string[] } {
  const said: string[] = [];
  return { said, stderr: { write: (text) => void said.push(text) } };
}

function withMessage(message: string): Report {
  return { ...report, checks: report.checks.map((check) => ({ ...check, message })) };
}

describe('the files of a report', () => {
  test('are there whole, and nothing temporary is left', () => {
    const directory = join(root, report.run.id);
    const written = writeReports(directory, report, { env: {} });
    expect(written.problems).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['junit.xml', 'report.json', 'summary.md']);
    expect(JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8'))).toEqual(report);
  });

  test('are found by `latest`, which is never put where another thing is, nor beside a directory of another name', () => {
    writeReports(join(root, 'mine'), report, { env: {} });
    expect(existsSync(join(root, 'latest'))).toBe(false);
    writeReports(join(root, report.run.id), report, { env: {} });
    expect(readlinkSync(join(root, 'latest'))).toBe(report.run.id);
    rmSync(join(root, 'latest'));
    mkdirSync(join(root, 'latest'));
    writeReports(join(root, report.run.id), report, { env: {} });
    expect(statSync(join(root, 'latest')).isDirectory()).toBe(true);
  });

  test('go to a stand-in when their directory cannot be written, and the message says so', () => {
    writeFileSync(join(root, 'file'), '');
    const wanted = join(root, 'file', 'out');
    const written = writeReports(wanted, report, { env: {} });
    expect(written.files).toHaveLength(3);
    expect(written.files.every((file) => existsSync(file))).toBe(true);
    expect(written.problems.join()).toContain(`df -h ${wanted}`);
    rmSync(written.directory, { recursive: true });
  });

  test('hold no secret, and stay readable', () => {
    const secret = 'hunter2hunter2hunter2';
    const directory = join(root, 'out');
    const { stderr, said } = listener();
    writeReports(directory, withMessage(`password="${secret}" Authorization: Bearer ${secret}`), {
      env: { GITHUB_ACTIONS: 'true' },
      stderr,
    });
    const texts = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
    expect([...texts, ...said].filter((text) => text.includes(secret))).toEqual([]);
    expect(said).not.toEqual([]);
  });
});

describe('in GitHub Actions', () => {
  test('the summary is appended to what the step has, within the limit', () => {
    const file = join(root, 'step-summary');
    writeFileSync(file, `${'x'.repeat(1_000_000)}\n`);
    const many = Array.from({ length: 50 }, () => report.checks).flat();
    const long = { ...report, checks: many.map((check) => ({ ...check, sentence: '日本 '.repeat(100) })) };
    writeReports(join(root, 'out'), long, { env: { GITHUB_STEP_SUMMARY: file } });
    const text = readFileSync(file, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
    expect(text.slice(1_000_001, 1_000_100)).toContain('# Meshproof: ❌ non-conformant');
    expect(text.slice(-40)).toContain('The rest is in summary.md.');
  });

  test('a summary that cannot be appended is a problem, not the end', () => {
    const { problems, files } = writeReports(join(root, 'out'), report, {
      env: { GITHUB_STEP_SUMMARY: root },
    });
    expect(files).toHaveLength(3);
    expect(problems.join()).toContain(root);
  });

  test('each non-conformant check is an error and each inconclusive one a warning, on one line', () => {
    const { stderr, said } = listener();
    writeReports(join(root, 'out'), withMessage('50 %\r\nof::all'), {
      env: { GITHUB_ACTIONS: 'true' },
      stderr,
    });
    expect(said.map((line) => line.split(' ')[0])).toEqual(['::error', '::error', '::error', '::warning']);
    expect(said[0]).toBe(
      '::error title=multi-primary/gateways/M2/reached is non-conformant::50 %25 of::all\n',
    );
  });

  test('nothing is said elsewhere', () => {
    const { stderr, said } = listener();
    writeReports(join(root, 'out'), report, { env: {}, stderr });
    expect(said).toEqual([]);
  });
});

test('a text that is cut is whole lines of UTF-8', () => {
  const text = '日本語\n'.repeat(1000);
  const cut = cutToBytes(text, 500);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(500);
  expect(cut).not.toContain('\ufffd');
  expect(cut.split('\n')[0]).toBe('日本語');
});

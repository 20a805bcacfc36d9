import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from './docker.ts';
import { checkDisk, checkInotify, checkMemory, judgeDisk } from './host.ts';
import { probe } from './probe.ts';
import { atLeast, formatVersion, readVersion, type Version } from './version.ts';

const GIB = 1024 ** 3;
let proc = '';

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'proc-'));
});
afterEach(() => {
  rmSync(proc, { recursive: true });
});

const engine = (changed: Partial<Engine> = {}): Engine => ({
  version: '28.3.0',
  rootDirectory: '/',
  cgroupVersion: 2,
  memoryBytes: 64 * GIB,
  local: true,
  ...changed,
});

describe('versions', () => {
  test.each([
    ['kind v0.33.0 go1.24.6 linux/amd64', '0.33.0'],
    ['client version: 1.31-dev', '1.31.0'],
    ['v1.34.4+k3s1', '1.34.4'],
    ['v1.30', '1.30.0'],
  ])('%j is %s', (text, version) => {
    const read = readVersion(text);
    expect(read === undefined ? undefined : formatVersion(read)).toBe(version);
  });

  test('a text without a version has none', () => {
    expect(['unknown', '', 'abc1.2'].map(readVersion)).toEqual([undefined, undefined, undefined]);
  });

  test('the order is that of numbers, part by part', () => {
    const part = fc.nat(40);
    const version = fc.tuple(part, part, part);
    const rank = ([major, minor, patch]: Version): number => (major * 100 + minor) * 100 + patch;
    fc.assert(fc.property(version, version, (a, b) => atLeast(a, b) === rank(a) >= rank(b)));
    expect(atLeast([1, 10, 0], [1, 9, 9])).toBe(true);
  });
});

describe('probe', () => {
  test('a program that does not end is given up', async () => {
    const began = performance.now();
    expect(await probe('/bin/sleep', ['60'], 200)).toEqual({
      kind: 'failed',
      message: 'not done after 200 ms, stopped',
    });
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('an exit code is an answer, a missing program is not', async () => {
    expect(await probe('sh', ['-c', 'echo no >&2; exit 3'])).toMatchObject({
      kind: 'ran',
      exitCode: 3,
      stderr: 'no\n',
    });
    expect(await probe('/nonexistent/tool', [])).toEqual({ kind: 'missing' });
  });
});

describe('inotify', () => {
  const limit = (watches: number, instances: number): Promise<unknown> => {
    const folder = join(proc, 'sys/fs/inotify');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'max_user_watches'), `${String(watches)}\n`);
    writeFileSync(join(folder, 'max_user_instances'), `${String(instances)}\n`);
    return checkInotify(proc);
  };

  test('low limits are one warning with one command', async () => {
    expect(await limit(8192, 128)).toMatchObject([
      {
        severity: 'warning',
        remedy: 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
      },
    ]);
    expect(await limit(524_288, 128)).toMatchObject([
      { remedy: 'sudo sysctl fs.inotify.max_user_instances=512' },
    ]);
  });

  test('enough, or a system without inotify, is no finding', async () => {
    expect(await limit(524_288, 512)).toEqual([]);
    expect(await checkInotify(join(proc, 'nowhere'))).toEqual([]);
  });
});

describe('memory', () => {
  const available = (gib: number, of = engine()): ReturnType<typeof checkMemory> => {
    writeFileSync(
      join(proc, 'meminfo'),
      `MemTotal: 99 kB\nMemAvailable:   ${String(Math.round(gib * 1024 * 1024))} kB\n`,
    );
    return checkMemory(of, 2, proc);
  };

  test('the least is an error below 1 GiB a cluster, a warning below 1.5', async () => {
    expect(await available(1.9)).toMatchObject([
      { severity: 'error', message: expect.stringContaining('1.9 GiB available') as string },
    ]);
    expect(await available(2.9)).toMatchObject([{ severity: 'warning' }]);
    expect(await available(3)).toEqual([]);
  });

  test("an engine in a virtual machine has its own memory, not this machine's", async () => {
    const vm = engine({ local: false, memoryBytes: 2 * GIB });
    expect(await available(64, vm)).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('in all') as string },
    ]);
  });

  test('no new cluster needs no memory', async () => {
    expect(await checkMemory(engine({ local: false, memoryBytes: 0 }), 0)).toEqual([]);
  });
});

describe('disk', () => {
  test('little is a warning, less an error', () => {
    expect(judgeDisk('/d', 4.9 * GIB)).toMatchObject([{ severity: 'error' }]);
    expect(judgeDisk('/d', 19 * GIB)).toMatchObject([{ severity: 'warning' }]);
    expect(judgeDisk('/d', 20 * GIB)).toEqual([]);
  });

  test('a folder that cannot be seen is not judged', async () => {
    expect(await checkDisk(engine({ rootDirectory: '/nonexistent/docker' }))).toEqual([]);
  });
});

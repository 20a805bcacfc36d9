import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Finding } from '../provider/types.ts';
import { istioctlPreflight } from './istioctl-preflight.ts';

const one = (subject: string, severity: Finding['severity'], message: RegExp): unknown =>
  expect.objectContaining({ subject, severity, message: expect.stringMatching(message) as string });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'istioctl-'));
  vi.stubEnv('PATH', fileURLToPath(new URL('../../fixtures/bin', import.meta.url)));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
const overlay = (text: string): string => {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, text);
  return file;
};
const check = (overlays: string[] = []): Promise<Finding[]> =>
  istioctlPreflight({ program: 'istioctl', overlays });

test('new enough, with values that are an IstioOperator, is no finding', async () => {
  expect(
    await check([overlay('apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {}\n')]),
  ).toEqual([]);
});

test.each([
  ['1.23.4', 'error', /1\.24\.0 or later is needed, istioctl is 1\.23\.4/],
  ['broken', 'error', /exited 64: Error: unknown flag/],
  ['unknown', 'warning', /told no version/],
] as const)('%s', async (state, severity, message) => {
  vi.stubEnv('FAKE_ISTIOCTL', state);
  expect(await check()).toEqual([one('istioctl', severity, message)]);
});

test('missing together with wrong values is told at once', async () => {
  vi.stubEnv('PATH', folder);
  const files = [overlay('kind: Deployment\n'), join(folder, 'nowhere.yaml')];
  expect(await check(files)).toEqual([
    one('istioctl', 'error', /no istioctl in PATH/),
    one('install values', 'error', /should hold an IstioOperator .*it holds kind Deployment/),
    one('install values', 'error', /nowhere\.yaml cannot be read \(ENOENT\)/),
  ]);
});

test.each([
  ['', /it is empty/],
  ['a: [', /is not YAML/],
])('values %j are refused', async (text, message) => {
  expect(await check([overlay(text)])).toEqual([one('install values', 'error', message)]);
});

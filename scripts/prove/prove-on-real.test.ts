import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACERTS = { metadata: { name: 'cacerts' }, data: { 'ca-key.pem': 'the key of before' } };

/** Secrets are files; a rollout fails the first time. */
const KUBECTL = `#!/usr/bin/env bash
arguments="$*"; shift 2
case $arguments in
  *--dry-run=client*) echo '{"metadata":{"name":"cacerts"},"data":"another"}' ;;
  *'rollout status'*) [ -f "$SECRETS/../rolled" ] || { touch "$SECRETS/../rolled"; exit 1; } ;;
  *'create secret generic'*) cat >"$SECRETS/$6" ;;
  *'get secret'*) cat "$SECRETS/$5" 2>/dev/null || [[ $arguments = *--ignore-not-found* ]] ;;
  *'delete secret'*) rm "$SECRETS/$5"; [ -z "$STOPS" ] || kill -TERM $PPID ;;
  *' -f -'*) cat >"$SECRETS/new"; mv "$SECRETS/new" "$SECRETS/$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).metadata.name' "$SECRETS/new")" ;;
esac
`;
/** Every run is conformant. */
const MESHPROOF = 'process.exitCode = 0;';

let folder: string;
const secrets = (): string[] => readdirSync(join(folder, 'secrets')).sort();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prove-on-real-'));
  for (const name of ['secrets', 'bin', 'tmp', 'scripts']) mkdirSync(join(folder, name));
  for (const name of ['prove-on-real', 'defects', 'strip-server-fields.js'])
    cpSync(join(ROOT, 'scripts', name), join(folder, 'scripts', name), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'scripts/meshproof.js'), MESHPROOF);
  writeFileSync(join(folder, 'bin/kubectl'), KUBECTL, { mode: 0o755 });
  for (const name of ['cluster1', 'cluster2']) writeFileSync(join(folder, name), '');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function prove(defect: string, stops = ''): number | null {
  const clusters = ['cluster1', 'cluster2'].map((name) => join(folder, name));
  const { status } = spawnSync(join(folder, 'scripts/prove-on-real'), [...clusters, defect], {
    env: {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      TMPDIR: join(folder, 'tmp'),
      SECRETS: join(folder, 'secrets'),
      STOPS: stops,
    },
  });
  return status;
}

test('a root that a rollout failed under is put back, and no key stays on disk', () => {
  writeFileSync(join(folder, 'secrets/cacerts'), JSON.stringify(CACERTS));
  expect(prove('other-root')).toBe(1);
  expect(secrets()).toEqual(['cacerts']);
  expect(JSON.parse(readFileSync(join(folder, 'secrets/cacerts'), 'utf8'))).toEqual(CACERTS);
  const left = readdirSync(join(folder, 'tmp'), { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => /key|cacerts|yaml/.test(name))).toEqual([]);
});

test('a remote secret is put back when the script is ended after it was taken away', () => {
  const name = 'istio-remote-secret-cluster2';
  const secret = { metadata: { name }, data: { cluster2: 'a token' } };
  writeFileSync(join(folder, 'secrets', name), JSON.stringify(secret));
  expect(prove('remote-secret-missing', 'yes')).toBe(143);
  expect(secrets()).toEqual([name]);
  expect(JSON.parse(readFileSync(join(folder, 'secrets', name), 'utf8'))).toEqual(secret);
});

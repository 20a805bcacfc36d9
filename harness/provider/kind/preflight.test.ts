import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClusterTopology } from '../../topology/topology.ts';
import type { Finding } from '../types.ts';
import type { KindOptions } from './kind.ts';
import { kindPreflight } from './preflight.ts';

const fakes = fileURLToPath(new URL('../../../fixtures/bin', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'preflight-'));
  vi.stubEnv('PATH', fakes);
  vi.stubEnv('DOCKER_HOST', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const cluster = (name: string, index: number): ClusterTopology => ({
  name,
  role: 'primary',
  primary: name,
  podSubnet: `10.${String(index)}0.0.0/16`,
  serviceSubnet: `10.1${String(index)}0.0.0/16`,
  network: 'network1',
});

const options = (changed: Partial<KindOptions> = {}): KindOptions => ({
  program: 'kind',
  nodeImage: undefined,
  images: [],
  clusters: [cluster('cluster1', 1), cluster('cluster2', 2)],
  reuse: false,
  ...changed,
});

/** Findings without those on the machine that runs the tests. */
async function findings(changed: Partial<KindOptions> = {}): Promise<Finding[]> {
  const found = await kindPreflight(options(changed));
  return found.filter(({ subject }) => !['inotify', 'memory', 'disk'].includes(subject));
}

/** A PATH with only these of the fakes. */
function only(...programs: string[]): void {
  for (const program of programs) symlinkSync(join(fakes, program), join(folder, program));
  vi.stubEnv('PATH', folder);
}

const one = (subject: string, severity: Finding['severity'], message: RegExp): unknown =>
  expect.objectContaining({ subject, severity, message: expect.stringMatching(message) as string });

describe('docker', () => {
  test('where all is well nothing is found, within two seconds', async () => {
    const began = performance.now();
    expect(await findings()).toEqual([]);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('an engine that is down is said once, with what starts it', async () => {
    vi.stubEnv('FAKE_DOCKER', 'down');
    const [first, ...more] = await findings({ nodeImage: 'kindest/node:v1.34.0' });
    expect(first).toEqual(one('docker', 'error', /^Docker is not running: .*is the daemon running/));
    expect(first?.remedy).toContain('docker info');
    expect(more).toEqual([one('docker', 'info', /^podman is here.*untested/)]);
  });

  test.each([
    ['forbidden', /permission denied/, 'usermod -aG docker'],
    ['podman', /docker is podman/, 'install Docker'],
    ['old', /20\.10 or later is needed, the engine is 19\.03\.15/, 'install Docker'],
    ['lies', /not running/, 'docker info'],
  ])('%s', async (state, message, remedy) => {
    vi.stubEnv('FAKE_DOCKER', state);
    const [first] = await findings();
    expect(first).toEqual(one('docker', 'error', message));
    expect(first?.remedy).toContain(remedy);
  });

  test('docker and kind missing are both told at once', async () => {
    only('podman');
    expect(await findings()).toEqual([
      one('docker', 'error', /no docker in PATH/),
      one('docker', 'info', /podman/),
      one('kind', 'error', /0\.20\.0 or later is needed; there is no kind in PATH/),
    ]);
  });
});

describe('kind', () => {
  test('too old is told with both versions and the option that names another', async () => {
    vi.stubEnv('FAKE_KIND', 'v0.17.0');
    const [first] = await findings();
    expect(first).toEqual(one('kind', 'error', /0\.20\.0 or later is needed, kind is 0\.17\.0/));
    expect(first?.remedy).toContain('--kind-bin PATH');
  });

  test.each([
    ['broken', 'error', /kind version exited 127: kind: cannot execute/],
    ['mute', 'warning', /told no version/],
  ] as const)('%s', async (state, severity, message) => {
    vi.stubEnv('FAKE_KIND', state);
    expect(await findings()).toEqual([one('kind', severity, message)]);
  });

  test('a path that is no program is told as that path', async () => {
    expect(await findings({ program: join(folder, 'kind') })).toEqual([
      one('kind', 'error', /preflight-.*kind is not an executable file/),
    ]);
  });

  test("clusters of earlier runs are a warning; others' are nobody's business", async () => {
    const list = join(folder, 'clusters');
    mkdirSync(list);
    for (const name of ['kind', 'meshproof-0101-0000-aaa-cluster1']) writeFileSync(join(list, name), '');
    vi.stubEnv('FAKE_KIND_CLUSTERS', list);
    expect(await findings()).toEqual([
      one('kind', 'warning', /^1 clusters of other runs are there: meshproof-0101-0000-aaa-cluster1$/),
    ]);
    expect(await findings({ reuse: true })).toEqual([]);
  });

  test('a name that makes a hostname too long is refused', async () => {
    const ok = await findings({ clusters: [cluster('c'.repeat(25), 1)] });
    const long = await findings({ clusters: [cluster('c'.repeat(26), 1)] });
    expect([ok, long]).toEqual([[], [one('names', 'error', /1 characters too long/)]]);
  });
});

describe('addresses', () => {
  test("an overlap with kind's network is an error, with a route of this machine a warning", async () => {
    vi.stubEnv('FAKE_DOCKER_SUBNET', '10.20.0.0/24');
    vi.stubEnv(
      'FAKE_ROUTES',
      '[{"dst":"default","dev":"eth0"},{"dst":"10.8.0.0/13","dev":"tun0"},{"dst":"10.9.9.9"}]',
    );
    expect(await findings()).toEqual([
      one(
        'addresses',
        'warning',
        /^10\.10\.0\.0\/16 \(pods of cluster1\) overlaps 10\.8\.0\.0\/13 .*by tun0\); pods cannot/,
      ),
      one(
        'addresses',
        'error',
        /^10\.20\.0\.0\/16 \(pods of cluster2\) overlaps 10\.20\.0\.0\/24 \(Docker network kind\)$/,
      ),
    ]);
  });

  test('two clusters with the same pods are an error', async () => {
    const clusters = [cluster('cluster1', 1), { ...cluster('cluster2', 2), podSubnet: '10.10.0.0/16' }];
    expect(await findings({ clusters })).toEqual([
      one('addresses', 'error', /pods of cluster2.*overlaps.*pods of cluster1/),
    ]);
  });
});

describe('node image', () => {
  test('absent is said, present is not', async () => {
    const nodeImage = 'kindest/node:v1.34.0';
    expect(await findings({ nodeImage })).toEqual([one('node image', 'info', /going to pull/)]);
    vi.stubEnv('FAKE_DOCKER_IMAGES', nodeImage);
    expect(await findings({ nodeImage })).toEqual([]);
  });

  test.each([
    ['kindest/node:v1.35.0@sha256:1234', undefined, 1],
    ['registry:5000/node:v1.34.4', undefined, 0],
    [undefined, 'v0.31.0', 1],
    [undefined, 'v0.30.0', 0],
  ])('on cgroup v1, image %s with kind %s: %d error', async (nodeImage, kind, errors) => {
    vi.stubEnv('FAKE_DOCKER', 'cgroup1');
    if (kind !== undefined) vi.stubEnv('FAKE_KIND', kind);
    const found = (await findings({ nodeImage })).filter(({ subject }) => subject === 'cgroup');
    expect(found).toEqual(Array.from({ length: errors }, () => one('cgroup', 'error', /needs cgroup v2/)));
  });
});

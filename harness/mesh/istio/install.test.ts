import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { clusterTopology } from '../../../fixtures/topology.ts';
import { connect } from '../../cluster/cluster.ts';
import { sleep } from '../../wait/wait.ts';
import type { Member } from '../types.ts';
import { installMesh, reintroduce } from './install.ts';

const NAMES = ['cluster1', 'cluster2'];
let folder = '';
let servers: readonly FakeApiServer[];
let members: ReadonlyMap<string, Promise<Member>>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'install-'));
  servers = await Promise.all(NAMES.map(() => startApiServer()));
  const made = servers.map(async (server, index): Promise<[string, Promise<Member>]> => {
    const name = NAMES[index] ?? '';
    const kubeconfig = await server.kubeconfig();
    const client = await connect({ name, kubeconfig });
    return [
      name,
      Promise.resolve({ topology: clusterTopology(name), provided: { name, kubeconfig }, client }),
    ];
  });
  members = new Map(await Promise.all(made));
});
afterEach(async () => {
  for (const member of members.values()) await (await member).client.close();
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

/** Installs with a program that does this for cluster1, and takes long for the other. */
function installing(forFirst: string, signal: AbortSignal): Promise<void> {
  const program = join(folder, 'istioctl');
  const script = `#!/bin/sh\ncase "$*" in install*cluster1-*) ${forFirst} ;; *) exec sleep 30 ;; esac\n`;
  writeFileSync(program, script, { mode: 0o755 });
  const topologies = NAMES.map((name) => clusterTopology(name));
  return installMesh(topologies, members, {
    istioctl: { program, directory: folder, signal },
    hub: undefined,
    tag: undefined,
    overlays: [],
    loadBalancer: 'none',
    gateways: true,
    discovery: true,
    say: () => undefined,
  }).ready;
}

const asked = (): number => servers.reduce((sum, { seen }) => sum + seen.length, 0);

/** By cluster: does somebody wait for the gateway? */
const waiting = (): boolean[] =>
  servers.map(({ seen }) => seen.some(({ path }) => path.endsWith('/services/istio-eastwestgateway')));

async function expectSilence(): Promise<void> {
  await sleep(600); // what was under way
  const before = asked();
  await sleep(1500);
  expect(asked() - before).toBe(0);
}

test('an installation that fails in one cluster is stopped in the others', async () => {
  const ready = installing('sleep 2; exit 1', new AbortController().signal);
  await expect(ready).rejects.toThrow(/exit code 1/);
  await expectSilence();
});

test('an installation is stopped everywhere with its run', async () => {
  const run = new AbortController();
  const ready = installing('exec sleep 30', run.signal);
  const ended = expect(ready).rejects.toThrow();
  await expect.poll(waiting, { timeout: 20_000 }).toEqual([true, true]);
  run.abort(new Error('the run was ended'));
  await ended;
  await expectSilence();
});

const readerAccount = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'istio-reader-service-account', namespace: 'istio-system' },
};

test('of clusters that were kept, remote ones are told where their control plane is now, if it is elsewhere', async () => {
  const said: string[] = [];
  const program = join(folder, 'istioctl');
  const secret = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'of-cluster2', namespace: 'istio-system' },
  });
  writeFileSync(program, `#!/bin/sh\n[ "$1" = install ] || echo '${secret}'\n`, { mode: 0o755 });
  const [primary, other] = await Promise.all(members.values());
  if (primary === undefined || other === undefined) throw new Error('there are two members');
  servers[1]?.put(readerAccount);
  servers[0]?.put(readerAccount);
  const topology = clusterTopology('cluster2', { role: 'remote', primary: 'cluster1' });
  const kept = [
    { ...primary, provided: { ...primary.provided, loadBalancerAddress: '172.18.0.9' } },
    { ...other, topology },
  ];
  const again = (): Promise<void> =>
    reintroduce(kept, {
      istioctl: { program, directory: folder, signal: new AbortController().signal },
      hub: undefined,
      tag: undefined,
      overlays: [],
      loadBalancer: 'node-ip',
      gateways: false,
      discovery: true,
      say: (text) => said.push(text),
    });
  await again();
  expect(readFileSync(join(folder, 'cluster2-istio.yaml'), 'utf8')).toContain('172.18.0.9');
  expect(said).toEqual(['joining cluster2 to the control plane of cluster1']);
  await again();
  expect(said).toHaveLength(1);
});

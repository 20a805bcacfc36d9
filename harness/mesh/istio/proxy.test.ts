import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Printed } from '../../../fixtures/api-server/exec.ts';
import { startApiServer, type FakeApiServer } from '../../../fixtures/api-server/server.ts';
import { connect, type Cluster } from '../../cluster/cluster.ts';
import { certificatesIn, endpointsIn, outbound, passesOn } from './proxy.ts';

let server: FakeApiServer;
let cluster: Cluster;
const PROXY = { namespace: 'sample', pod: 'sleep-1' };
const HOST = 'helloworld.sample.svc.cluster.local';

beforeAll(async () => {
  server = await startApiServer();
  cluster = await connect({ name: 'cluster1', kubeconfig: await server.kubeconfig() });
});
beforeEach(() => {
  server.printed.clear();
});
afterAll(async () => {
  await cluster.close();
  await server.close();
});

/** What the proxy's Envoy says to a GET. */
const says = (path: string, body: unknown, more: Partial<Printed> = {}): void => {
  server.printed.set(`sample/sleep-1 pilot-agent request GET ${path}`, {
    stdout: JSON.stringify(body),
    ...more,
  });
};

const host = (address: string, health: object, more: object = {}): object => ({
  address: { socket_address: { address, port_value: 5000 } },
  health_status: { eds_health_status: 'HEALTHY', ...health },
  ...more,
});

test('a cluster of Envoy is named after service, port and subset', () => {
  expect(outbound({ host: HOST, port: 5000 })).toBe(`outbound|5000||${HOST}`);
  expect(outbound({ host: HOST, port: 80, subset: 'v1' })).toBe(`outbound|80|v1|${HOST}`);
});

describe('endpoints', () => {
  const status = (...hosts: readonly object[]): void => {
    const mine = { name: outbound({ host: HOST, port: 5000 }), host_statuses: hosts };
    says('clusters?format=json', { cluster_statuses: [{ name: 'prometheus_stats' }, mine] });
  };
  const endpoints = (): ReturnType<typeof endpointsIn> =>
    endpointsIn(cluster, PROXY, outbound({ host: HOST, port: 5000 }));

  test('are read with weight, priority and locality, and defaults where Envoy says nothing', async () => {
    const locality = { region: 'eu', zone: 'eu-1' };
    status(host('10.10.0.5', {}, { weight: 3, priority: 1, locality }), host('10.10.0.6', {}));
    expect(await endpoints()).toEqual([
      { address: '10.10.0.5', port: 5000, weight: 3, priority: 1, ...locality, healthy: true },
      { address: '10.10.0.6', port: 5000, weight: 1, priority: 0, region: '', zone: '', healthy: true },
    ]);
  });

  test('that were resolved from a name have both', async () => {
    status(host('203.0.113.9', {}, { hostname: 'lb.example.com' }), host('10.10.0.6', {}, { hostname: '' }));
    expect((await endpoints())?.map(({ address, hostname }) => [address, hostname])).toEqual([
      ['203.0.113.9', 'lb.example.com'],
      ['10.10.0.6', undefined],
    ]);
  });

  test.each([
    ['unhealthy for the control plane', { eds_health_status: 'UNHEALTHY' }],
    ['ejected by outlier detection', { failed_outlier_check: true }],
    ['without any health', { eds_health_status: undefined }],
  ])('that are %s are not healthy', async (_what, health) => {
    status(host('10.10.0.5', health));
    expect((await endpoints())?.map(({ healthy }) => healthy)).toEqual([false]);
  });

  test('that are pipes are left out; of an unknown cluster there are none, not even an empty list', async () => {
    status({ address: { pipe: { path: '/x' } } });
    expect(await endpoints()).toEqual([]);
    says('clusters?format=json', { cluster_statuses: [] });
    expect(await endpoints()).toBeUndefined();
  });

  test('of a proxy that does not answer are an error with its last words', async () => {
    says('clusters?format=json', '', { stderr: 'Error:\nconnection refused\n', exitCode: 1 });
    await expect(endpoints()).rejects.toThrow(
      'pilot-agent request GET clusters?format=json in sample/sleep-1 exited 1: connection refused',
    );
  });
});

test('certificates are read with SPIFFE identities and the roots that others are checked against', async () => {
  const FROM = '2026-01-01T00:00:00Z';
  const leaf = (uri: string, serial: string): object => ({
    serial_number: serial,
    expiration_time: '2026-01-02T00:00:00Z',
    subject_alt_names: [{ uri }, { dns: 'x' }],
  });
  const chain = [leaf('spiffe://cluster.local/ns/sample/sa/sleep', '01'), leaf('spiffe://ca', '02')];
  says('certs', {
    certificates: [
      { ca_cert: [{ serial_number: 'aa', valid_from: FROM }, { serial_number: 'bb' }], cert_chain: chain },
      { ca_cert: [{ serial_number: 'aa' }], cert_chain: [] },
    ],
  });
  expect(await certificatesIn(cluster, PROXY)).toEqual([
    {
      identities: ['spiffe://cluster.local/ns/sample/sa/sleep'],
      serialNumber: '01',
      expires: '2026-01-02T00:00:00Z',
      roots: [`aa of ${FROM}`, 'bb'],
    },
  ]);
});

test.each([
  ['the same service', `outbound_.5000_._.${HOST}`, true],
  ['another port', `outbound_.5001_._.${HOST}`, false],
  ['a subset of it', `outbound_.5000_.v1.${HOST}`, false],
  ['a service whose name ends alike', `outbound_.5000_._.${HOST}.example`, false],
])('a gateway that passes on %s', async (_what, name, passes) => {
  const listener = { filter_chains: [{ filter_chain_match: { server_names: [name] } }] };
  says('config_dump?resource=dynamic_listeners', { configs: [{ listener }] });
  expect(await passesOn(cluster, PROXY, { host: HOST, port: 5000 })).toBe(passes);
});

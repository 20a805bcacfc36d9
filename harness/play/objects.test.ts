import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { here } from '../../suites/version-routing/bookinfo.ts';
import { GATEWAY, gatewayScene } from '../../fixtures/gateway-scene.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import { replaced } from './objects.ts';

const object = (spec: unknown): KubernetesObject & { spec: unknown } => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a-thing' },
  spec,
});

test('texts are replaced wherever they are, and labels where a text is the only value of a map', () => {
  const by = { thing: 'one', other: { app: 'a', tier: 'b' } };
  const given = object({
    selector: { app: 'other' },
    labels: { app: 'other', x: 'other' },
    list: ['other', 'a thing'],
  });
  expect(replaced(given, by)).toEqual({
    ...object({
      selector: { app: 'a', tier: 'b' },
      labels: { app: 'other', x: 'other' },
      list: ['other', 'a one'],
    }),
    kind: 'Thing',
    metadata: { name: 'a-one' },
  });
  expect(replaced(object({ list: ['other'] }), by)).toMatchObject({ spec: { list: ['other'] } });
});

test('a number is replaced where it is the only value of a map', () => {
  const spec = { ports: { http1: 15443 }, port: { number: 15443, name: 'tls' }, list: [15443] };
  const replacement = { ...spec, ports: { http1: 31443 } };
  expect(replaced(object(spec), { '15443': { http1: 31443 } })).toEqual(object(replacement));
});

test.each([
  'jason-sees-remote-versions',
  'jason-sees-remote-versions-by-sni',
  'no-local-service',
  'remote-side-picks-by-sni',
  'remote-side-picks-the-subset',
])(
  'the remote reviews are looked for at the port that leads to the gateway from outside: %s',
  async (scenario) => {
    const file = new URL(`../../suites/version-routing/${scenario}/remote-reviews.yaml`, import.meta.url);
    const objects = parseAllDocuments(await readFile(file, 'utf8')).map(
      (one) => one.toJS() as KubernetesObject,
    );
    const { cluster, close } = await gatewayScene();
    await close();
    const eastWestGateway = {
      service: 'edge',
      ...GATEWAY,
      addresses: ['198.51.100.2'],
      selector: {},
      port: 31443,
      listenerPorts: [15443],
    };
    const meanings = here('sample', { mesh: { ...cluster.mesh, eastWestGateway } });
    const applied = objects.map((one) => replaced(one, meanings));
    expect(applied.find(({ kind }) => kind === 'ServiceEntry')).toMatchObject({
      spec: { endpoints: [{ address: '198.51.100.2', ports: { http1: 31443 } }] },
    });
  },
);

test.each(['jason-sees-remote-versions', 'no-local-service', 'remote-side-picks-the-subset'])(
  'the Gateway of .global names is for the pods of the gateway that was found, whatever its labels: %s',
  async (scenario) => {
    const file = new URL(`../../suites/version-routing/${scenario}/global-in-cluster2.yaml`, import.meta.url);
    const objects = parseAllDocuments(await readFile(file, 'utf8')).map(
      (one) => one.toJS() as KubernetesObject,
    );
    const { cluster, close } = await gatewayScene();
    await close();
    const { mesh } = cluster;
    const selector = { app: 'gateway-of-ours', tier: 'edge' };
    const eastWestGateway = {
      service: 'edge',
      port: 15443,
      listenerPorts: [15443],
      ...GATEWAY,
      addresses: ['198.51.100.2'],
      selector,
    };
    const applied = objects.map((one) =>
      replaced(one, here('sample', { mesh: { ...mesh, eastWestGateway } })),
    );
    expect(applied.find(({ kind }) => kind === 'Gateway')).toMatchObject({ spec: { selector } });
    expect(applied.find(({ kind }) => kind === 'ServiceEntry')).toMatchObject({
      spec: { hosts: ['reviews.sample.global'], workloadSelector: { labels: { app: 'reviews' } } },
    });
  },
);

import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { expect, test } from 'vitest';
import { createStore } from '../../api-server/server.ts';
import type { Resource } from '../../types.ts';
import { reconcileGateways } from './gateway-controller.ts';
import { readRules, refuse } from './rules.ts';

const read = (file: string): Resource[] =>
  parseAllDocuments(readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8')).map((document) => {
    const object = document.toJS() as Resource;
    return { ...object, metadata: { ...object.metadata, namespace: 'sample' } };
  });

const GATEWAY = 'suites/ingress/gateway-api/gateway.yaml';
const TO_V3 = 'suites/ingress/gateway-api/all-to-v3.yaml';
const rulesOf = (objects: readonly Resource[]) =>
  readRules((kind) => objects.filter((one) => one.kind === kind));

test.each([GATEWAY, TO_V3, 'fixtures/apps/bookinfo-routes.yaml'])('%s is implemented', (file) => {
  expect(read(file).map(refuse)).toEqual(read(file).map(() => undefined));
});

test.each([
  ['Gateway', { gatewayClassName: 'another', listeners: [] }, 'spec.gatewayClassName'],
  [
    'Gateway',
    { gatewayClassName: 'istio', listeners: [{ name: 'a', port: 443, protocol: 'HTTPS' }] },
    'HTTP',
  ],
  ['HTTPRoute', { parentRefs: [{ name: 'a' }], rules: [{ filters: [], backendRefs: [] }] }, 'filters'],
  ['HTTPRoute', { parentRefs: [{ name: 'a' }], rules: [] }, 'spec.rules'],
  ['GRPCRoute', {}, 'does not implement GRPCRoute'],
])('%s %j is refused, and the message names what', (kind, spec, part) => {
  const apiVersion = 'gateway.networking.k8s.io/v1';
  expect(refuse({ apiVersion, kind, metadata: { name: 'one' }, spec })).toContain(part);
});

test('a route of a Gateway matches paths whole, or by whole segments', () => {
  const { gateways, virtualServices } = rulesOf(read(GATEWAY));
  expect(gateways[0]?.spec).toMatchObject({
    selector: { 'gateway.networking.k8s.io/gateway-name': 'bookinfo' },
    servers: [{ port: { number: 8080 }, hosts: ['*'] }],
  });
  const [route] = virtualServices[0]?.spec.http ?? [];
  expect(virtualServices[0]?.spec.gateways).toEqual([`sample/${String(gateways[0]?.name)}`]);
  const paths = (route?.match ?? []).map(({ uri }) => uri);
  expect(paths[0]).toEqual({ exact: '/productpage' });
  const [, prefix] = paths as { regex: string }[];
  const matches = ['/static', '/static/a', '/statics'].map((path) =>
    new RegExp(`^(?:${String(prefix?.regex)})$`).test(path),
  );
  expect(matches).toEqual([true, true, false]);
});

test('a route of a Service is for its callers in the mesh, at the port that it names', () => {
  const [rule] = rulesOf(read(TO_V3)).virtualServices;
  expect(rule?.spec).toEqual({
    hosts: ['reviews.sample.svc.cluster.local'],
    gateways: ['mesh'],
    http: [
      {
        match: [{ port: 9080 }],
        route: [{ destination: { host: 'reviews-v3', port: { number: 9080 } }, weight: 1 }],
      },
    ],
  });
});

test('a Gateway gets a Deployment and a Service, and says its address once the Service has one', () => {
  const store = createStore();
  const [gateway] = read(GATEWAY);
  if (gateway === undefined) throw new Error('no gateway');
  store.create(gateway);
  reconcileGateways(store, 'blue');
  reconcileGateways(store, 'blue');
  const status = () => store.get({ kind: 'Gateway', name: 'bookinfo', namespace: 'sample' })?.['status'];
  expect(status()).toMatchObject({
    addresses: [],
    conditions: [{}, { type: 'Programmed', status: 'False' }],
  });
  const service = { kind: 'Service', name: 'bookinfo-istio', namespace: 'sample' };
  const deployed = store.get({ ...service, kind: 'Deployment' });
  expect(deployed?.metadata.ownerReferences?.[0]?.name).toBe('bookinfo');
  expect(deployed).toMatchObject({
    spec: { template: { metadata: { annotations: { 'istio.io/rev': 'blue' } } } },
  });
  store.update(service, (copy) => ({
    ...copy,
    status: { loadBalancer: { ingress: [{ ip: '127.1.2.3' }] } },
  }));
  reconcileGateways(store, 'blue');
  expect(status()).toMatchObject({
    addresses: [{ type: 'IPAddress', value: '127.1.2.3' }],
    conditions: [{}, { type: 'Programmed', status: 'True' }],
  });
});

import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { expect, test } from 'vitest';
import type { Resource } from '../../types.ts';
import { readRules, refuse } from './rules.ts';

const object = (kind: string, spec: unknown, apiVersion = 'networking.istio.io/v1'): Resource => ({
  apiVersion,
  kind,
  metadata: { name: 'one', namespace: 'sample' },
  spec,
});

const RULES = [
  'cluster-lost/outlier-detection',
  'control-plane-down/subsets',
  'control-plane-down/all-to-v2',
  'mutual-tls-across-clusters/strict',
  'routing-stays-in-its-mesh/all-to-v1',
].map((name) => `suites/multi-primary/${name}.yaml`);

test.each([...RULES, 'fixtures/defects/all-to-v1.yaml', 'fixtures/defects/one-in-ten-500.yaml'])(
  '%s is implemented',
  (file) => {
    const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');
    const objects = parseAllDocuments(text).map((document) => document.toJS() as Resource);
    expect(objects.map(refuse)).toEqual(objects.map(() => undefined));
  },
);

test.each([
  ['DestinationRule', { host: 'a', trafficPolicy: { portLevelSettings: [] } }, 'portLevelSettings'],
  [
    'DestinationRule',
    { host: 'a', trafficPolicy: { loadBalancer: { consistentHash: {} } } },
    'consistentHash',
  ],
  ['DestinationRule', { trafficPolicy: {} }, 'spec.host'],
  ['VirtualService', { hosts: ['a'], http: [{ route: [], mirror: {} }] }, 'mirror'],
  ['VirtualService', { hosts: ['a'], http: [{ route: [], timeout: 'soon' }] }, 'a duration'],
  [
    'Gateway',
    { selector: {}, servers: [{ port: { number: 443, name: 'a', protocol: 'TLS' }, hosts: [] }] },
    'AUTO_PASSTHROUGH',
  ],
  [
    'VirtualService',
    { hosts: ['a'], http: [{ route: [], match: [{ uri: { regex: '(a' } }] }] },
    'a regular expression',
  ],
  [
    'VirtualService',
    { hosts: ['a'], http: [{ route: [], match: [{ uri: { regex: 'a(?=b)' } }] }] },
    'a regular expression',
  ],
  [
    'VirtualService',
    { hosts: ['a'], http: [{ route: [], retries: { attempts: 1, retryOn: '5xx,retriable-4xx' } }] },
    'conditions such as',
  ],
  ['VirtualService', { hosts: ['*.global'], http: [] }, 'or * alone'],
  ['VirtualService', { hosts: ['*'], http: [] }, 'not for the mesh'],
  ['VirtualService', { hosts: ['*'], gateways: ['one', 'mesh'], http: [] }, 'not for the mesh'],
  [
    'Gateway',
    { selector: {}, servers: [{ port: { number: 80, name: 'a', protocol: 'HTTP' }, hosts: ['sample/*'] }] },
    'of any namespace',
  ],
  ['ServiceEntry', { hosts: ['a.global'], resolution: 'DNS', ports: [] }, 'spec.location'],
  [
    'ServiceEntry',
    { hosts: ['a.global'], location: 'MESH_EXTERNAL', resolution: 'DNS', ports: [] },
    'spec.location',
  ],
  [
    'ServiceEntry',
    {
      ...{ hosts: ['a.global'], location: 'MESH_INTERNAL', resolution: 'STATIC', ports: [] },
      endpoints: [{ address: 'a.example.com' }],
    },
    'are IP addresses',
  ],
  ['Sidecar', {}, 'does not implement Sidecar'],
])('%s %j is refused, and the message names what', (kind, spec, part) => {
  expect(refuse(object(kind, spec))).toContain(part);
});

test('hosts of a Gateway may say that they are of any namespace', () => {
  const server = { port: { number: 80, name: 'a', protocol: 'HTTP' }, hosts: ['*/a.example.com', '*'] };
  expect(refuse(object('Gateway', { selector: {}, servers: [server] }))).toBeUndefined();
});

test.each([{ trafficDistribution: 'PreferClose' }, { sessionAffinity: 'ClientIP' }])(
  'a Service that steers calls by %j is refused',
  (spec) => {
    expect(refuse(object('Service', spec, 'v1'))).toContain(Object.keys(spec)[0]);
  },
);

test('what is not of a mesh is none of its business', () => {
  expect(refuse(object('Deployment', { anything: true }, 'apps/v1'))).toBeUndefined();
});

test('durations are read, and the oldest rule comes first', () => {
  const rules = [
    ['b', '2026-01-02T00:00:00Z'],
    ['a', '2026-01-01T00:00:00Z'],
  ].map(([name = '', creationTimestamp = '']) => ({
    ...object('VirtualService', { hosts: [name], http: [{ route: [], timeout: '1m0.5s' }] }),
    metadata: { name, namespace: 'sample', creationTimestamp },
  }));
  const { virtualServices } = readRules((kind) => (kind === 'VirtualService' ? rules : []));
  expect(virtualServices.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(virtualServices[0]?.spec.http[0]?.timeout).toBe(60_500);
});

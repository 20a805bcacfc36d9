import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Resource } from '../../types.ts';
import type { EndpointConfig, ProxyConfig } from '../config.ts';
import type { ProxyNode } from '../proxy.ts';
import { Configurer, snapshot } from './configure.ts';
import type { ClusterView } from './registry.ts';

const CERTIFICATE = { chain: '', key: '', root: '' };
const HOST = 'hello.sample.svc.cluster.local';
const NAME = `outbound|5000||${HOST}`;

interface Place {
  readonly id: string;
  readonly network?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly pods: number;
  readonly labels?: Record<string, string>;
  readonly proxies?: boolean;
  readonly rules?: readonly Resource[];
}

const object = (
  kind: string,
  name: string,
  more: Record<string, unknown>,
  labels: Record<string, string> = {},
): Resource => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'sample', labels },
  ...more,
});

/** A cluster with a service, its pods, and a gateway at IP-ID. */
function view({
  id,
  network = 'network1',
  region,
  zone,
  pods,
  labels = {},
  proxies = true,
  rules = [],
}: Place): ClusterView {
  const locality: Record<string, string> = {};
  if (region !== undefined) locality['topology.kubernetes.io/region'] = region;
  if (zone !== undefined) locality['topology.kubernetes.io/zone'] = zone;
  const networkLabel = { 'topology.istio.io/network': network };
  const names = Array.from({ length: pods }, (_, i) => `pod-${String(i)}`);
  const containers = [{ name: 'app' }, ...(proxies ? [{ name: 'istio-proxy' }] : [])];
  const objects = [
    object('Namespace', 'istio-system', {}, networkLabel),
    object('Node', 'node', {}, locality),
    object('Service', 'hello', {
      spec: { selector: { app: 'hello' }, ports: [{ name: 'http', port: 5000, targetPort: 8080 }] },
    }),
    object(
      'Service',
      'gateway',
      {
        spec: { ports: [{ port: 15443 }] },
        status: { loadBalancer: { ingress: [{ ip: `gateway-of-${id}` }] } },
      },
      networkLabel,
    ),
    ...names.map((name) =>
      object('Pod', name, { spec: { nodeName: 'node', containers } }, { app: 'hello', ...labels }),
    ),
    object(
      'EndpointSlice',
      'hello-1',
      {
        ports: [{ name: 'http', port: 8080 }],
        endpoints: names.map((name) => ({
          addresses: [`${name}.${id}`],
          conditions: { ready: true },
          targetRef: { name },
        })),
      },
      { 'kubernetes.io/service-name': 'hello' },
    ),
    ...rules,
  ];
  return { id, list: (kind) => objects.filter((one) => one.kind === kind) };
}

const node = (more: Partial<ProxyNode> = {}): ProxyNode => ({
  name: 'sleep',
  namespace: 'sample',
  cluster: 'c1',
  network: 'network1',
  revision: 'default',
  isGateway: false,
  labels: { app: 'sleep' },
  serviceAccount: 'sleep',
  address: '',
  appAddress: '',
  containerPorts: [],
  locality: { region: '', zone: '' },
  ...more,
});

const configFor = (views: [ClusterView, ...ClusterView[]], who = node()): ProxyConfig =>
  new Configurer(snapshot(views, 1, (_node, { network }) => network === 'network1')).configFor(
    who,
    CERTIFICATE,
  );

const endpoints = (views: [ClusterView, ...ClusterView[]], who = node()): readonly EndpointConfig[] =>
  configFor(views, who).clusters.get(NAME)?.endpoints ?? [];

const rule = (kind: string, spec: unknown, namespace = 'sample'): Resource => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name: kind.toLowerCase(), namespace },
  spec,
});

test('on one network the pods themselves are endpoints, at their target port', () => {
  const found = endpoints([view({ id: 'c1', pods: 1 }), view({ id: 'c2', pods: 2 })]);
  expect(found.map(({ address, port, connectPort }) => [address, port, connectPort])).toEqual([
    ['pod-0.c1', 8080, 15006],
    ['pod-0.c2', 8080, 15006],
    ['pod-1.c2', 8080, 15006],
  ]);
});

test('another network is its gateway, which weighs as much as pods that have a proxy', () => {
  const views: [ClusterView, ClusterView] = [
    view({ id: 'c1', pods: 1 }),
    view({ id: 'c2', network: 'network2', pods: 3 }),
  ];
  expect(endpoints(views).map(({ address, weight }) => [address, weight])).toEqual([
    ['pod-0.c1', 1],
    ['gateway-of-c2', 3],
  ]);
  views[1] = view({ id: 'c2', network: 'network2', pods: 3, proxies: false });
  expect(endpoints(views)).toHaveLength(1);
});

test('a gateway passes no plaintext on: without mutual TLS another network has no endpoints', () => {
  const rules = [rule('DestinationRule', { host: 'hello', trafficPolicy: { tls: { mode: 'DISABLE' } } })];
  const found = endpoints([
    view({ id: 'c1', pods: 1, rules }),
    view({ id: 'c2', network: 'network2', pods: 3 }),
  ]);
  expect(found.map(({ address }) => address)).toEqual(['pod-0.c1']);
});

test('pods that a ServiceEntry selects are endpoints while they are ready', () => {
  const entry = rule('ServiceEntry', {
    hosts: ['hello.global'],
    location: 'MESH_INTERNAL',
    resolution: 'STATIC',
    ports: [{ name: 'http', number: 5000, protocol: 'HTTP' }],
    workloadSelector: { labels: { app: 'selected' } },
  });
  const selected = (name: string, status: string): Resource =>
    object(
      'Pod',
      name,
      { status: { podIP: name, conditions: [{ type: 'Ready', status }] }, spec: { containers: [] } },
      { app: 'selected' },
    );
  const rules = [entry, selected('ready', 'True'), selected('starting', 'False')];
  const { clusters } = configFor([view({ id: 'c1', pods: 0, rules })]);
  const found = clusters.get('outbound|5000||hello.global')?.endpoints;
  expect(found?.map(({ address }) => address)).toEqual(['ready']);
});

test('a network without a gateway is tried directly, and nothing answers', () => {
  const hidden = view({ id: 'c2', network: 'network2', pods: 1 });
  const noGateway: ClusterView = {
    id: 'c2',
    list: (kind) => hidden.list(kind).filter(({ metadata }) => metadata.name !== 'gateway'),
  };
  expect(
    endpoints([view({ id: 'c1', pods: 1 }), noGateway]).map(({ address, reachable }) => [address, reachable]),
  ).toEqual([
    ['pod-0.c1', true],
    ['pod-0.c2', false],
  ]);
});

const places = (rules: readonly Resource[]): [ClusterView, ...ClusterView[]] => [
  view({ id: 'c1', region: 'r1', zone: 'a', pods: 1, rules }),
  view({ id: 'c2', region: 'r1', zone: 'b', pods: 1 }),
  view({ id: 'c3', region: 'r2', zone: 'a', pods: 1 }),
];
const OUTLIER = { consecutive5xxErrors: 1, interval: '1s', baseEjectionTime: '10s', maxEjectionPercent: 100 };

test('nearness counts only with outlier detection', () => {
  const at = node({ locality: { region: 'r1', zone: 'a' } });
  const priorities = (trafficPolicy: unknown, who = at): number[] =>
    endpoints(places([rule('DestinationRule', { host: 'hello', trafficPolicy })]), who).map(
      ({ priority }) => priority,
    );
  expect(priorities({})).toEqual([0, 0, 0]);
  expect(priorities({ outlierDetection: OUTLIER })).toEqual([0, 1, 2]);
  expect(priorities({ outlierDetection: OUTLIER }, node({ locality: { region: 'r2', zone: 'a' } }))).toEqual([
    1, 1, 0,
  ]);
  expect(priorities({ outlierDetection: OUTLIER }, node())).toEqual([0, 0, 0]);
  const off = { outlierDetection: OUTLIER, loadBalancer: { localityLbSetting: { enabled: false } } };
  expect(priorities(off)).toEqual([0, 0, 0]);
});

test.each(['multi-primary/cluster-lost', 'ingress/v3-lost'])(
  'a suite in which all versions are to answer asks for all of them, wherever their nodes are: %s',
  async (scenario) => {
    const file = new URL(`../../../../suites/${scenario}/outlier-detection.yaml`, import.meta.url);
    const { spec } = parse(await readFile(file, 'utf8')) as { spec: { trafficPolicy: unknown } };
    const rules = [rule('DestinationRule', { host: 'hello', trafficPolicy: spec.trafficPolicy })];
    const at = node({ locality: { region: 'r1', zone: 'a' } });
    expect(endpoints(places(rules), at).map(({ priority }) => priority)).toEqual([0, 0, 0]);
    expect(configFor(places(rules), at).clusters.get(NAME)?.outlier).toBeDefined();
  },
);

test('shares are distributed over localities', () => {
  const distribute = [{ from: 'r1/*', to: { 'r1/*': 80, 'r2/*': 20 } }];
  const trafficPolicy = { loadBalancer: { localityLbSetting: { distribute } } };
  const found = configFor(
    places([rule('DestinationRule', { host: 'hello', trafficPolicy })]),
    node({ locality: { region: 'r1', zone: 'a' } }),
  ).clusters.get(NAME);
  expect(found?.distributes).toBe(true);
  expect(found?.endpoints.map(({ localityWeight }) => localityWeight)).toEqual([40, 40, 20]);
});

test('the rule of the caller comes before that of the service, and subsets inherit its policy', () => {
  const policy = { loadBalancer: { simple: 'ROUND_ROBIN' }, outlierDetection: OUTLIER };
  const subsets = [
    { name: 'v1', labels: { version: 'v1' }, trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } },
  ];
  const home = rule('DestinationRule', { host: HOST, trafficPolicy: policy, subsets });
  const callers = { ...rule('DestinationRule', { host: HOST }, 'elsewhere') };
  const views: [ClusterView] = [
    view({ id: 'c1', pods: 2, labels: { version: 'v1' }, rules: [home, callers] }),
  ];
  const { clusters } = configFor(views);
  expect(clusters.get(NAME)?.policy).toBe('ROUND_ROBIN');
  const subset = clusters.get(`outbound|5000|v1|${HOST}`);
  expect(subset).toMatchObject({
    policy: 'RANDOM',
    serverName: `outbound_.5000_.v1_.${HOST}`,
    outlier: { consecutive5xx: 1 },
  });
  expect(subset?.endpoints).toHaveLength(2);
  expect(configFor(views, node({ namespace: 'elsewhere' })).clusters.get(NAME)?.policy).toBe('LEAST_REQUEST');
});

test('a name resolves in its own namespace by itself, elsewhere with it, and not where its Service is missing', () => {
  const own = view({ id: 'c1', pods: 1 });
  expect([...configFor([own]).hosts.keys()]).toContain('hello:5000');
  const elsewhere = [...configFor([own], node({ namespace: 'elsewhere' })).hosts.keys()];
  expect(elsewhere).not.toContain('hello:5000');
  expect(elsewhere).toContain('hello.sample:5000');
  const empty: ClusterView = { id: 'c1', list: () => [] };
  const config = configFor([empty, view({ id: 'c2', pods: 1 })]);
  expect([...config.hosts.keys()]).toEqual([]);
  expect(config.clusters.has(NAME)).toBe(true);
});

test.each([
  [[], 'PERMISSIVE'],
  [[['istio-system', 'STRICT', undefined]], 'STRICT'],
  [
    [
      ['istio-system', 'STRICT', undefined],
      ['sample', 'PERMISSIVE', undefined],
    ],
    'PERMISSIVE',
  ],
  [
    [
      ['sample', 'PERMISSIVE', undefined],
      ['sample', 'STRICT', { app: 'sleep' }],
    ],
    'STRICT',
  ],
  [[['sample', 'STRICT', { app: 'other' }]], 'PERMISSIVE'],
  [[['other', 'STRICT', undefined]], 'PERMISSIVE'],
] as [[string, string, Record<string, string> | undefined][], string][])(
  'policies %j make a pod %s',
  (policies, mode) => {
    const rules = policies.map(([namespace, how, matchLabels]) => ({
      ...rule(
        'PeerAuthentication',
        { mtls: { mode: how }, ...(matchLabels === undefined ? {} : { selector: { matchLabels } }) },
        namespace,
      ),
      apiVersion: 'security.istio.io/v1',
    }));
    expect(configFor([view({ id: 'c1', pods: 1, rules })]).inbound.mode).toBe(mode);
  },
);

test('an ingress gateway serves the VirtualServices that name it, at the port where its Service leads', () => {
  const gateway = rule('Gateway', {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  });
  const virtualService = rule('VirtualService', {
    hosts: ['*'],
    gateways: ['gateway'],
    http: [{ match: [{ uri: { prefix: '/hello' } }], route: [{ destination: { host: 'hello' } }] }],
  });
  const labels = { istio: 'ingressgateway' };
  const service = object('Service', 'ingress', {
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  });
  const own = view({
    id: 'c1',
    pods: 1,
    rules: [gateway, virtualService, service, object('Pod', 'ingress-1', {}, labels)],
  });
  const { httpListeners, passThrough } = configFor(
    [own],
    node({ name: 'ingress-1', isGateway: true, labels }),
  );
  expect(passThrough).toEqual([]);
  expect(httpListeners).toHaveLength(1);
  expect(httpListeners[0]?.port).toBe(8080);
  expect(httpListeners[0]?.hosts.get('*')?.routes[0]?.targets).toEqual([{ cluster: NAME, weight: 1 }]);
});

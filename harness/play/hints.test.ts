import { expect, test } from 'vitest';
import { hintsFrom, type ClusterEvidence } from './hints.ts';

const healthy = (
  cluster: string,
  network: string,
  changed: Partial<ClusterEvidence> = {},
): ClusterEvidence => ({
  cluster,
  network,
  kubectl: `kubectl --kubeconfig ${cluster}.kubeconfig`,
  namespace: 'sample',
  pods: [{ name: `sleep-${cluster}`, ready: true, containers: ['sleep', 'istio-proxy'], waiting: [] }],
  watched: [
    { id: cluster, secretName: '', syncStatus: 'synced' },
    { id: 'the other', secretName: 'istio-system/istio-remote-secret', syncStatus: 'synced' },
  ],
  roots: ['1f'],
  routes: [],
  passThroughGateways: 1,
  meshWide: { policies: [], command: '' },
  ...changed,
});
const two = (changed: Partial<ClusterEvidence> = {}): ClusterEvidence[] => [
  healthy('cluster1', 'network1'),
  healthy('cluster2', 'network2', changed),
];

test('a mesh in which nothing is wrong gives no hint', () => {
  expect(hintsFrom(two())).toEqual([]);
});

test('what could not be read gives no hint', () => {
  const nothing = { watched: undefined, roots: undefined, routes: undefined, meshWide: undefined };
  expect(hintsFrom(two({ ...nothing, passThroughGateways: undefined }))).toEqual([]);
});

test.each<[string, Partial<ClusterEvidence>, RegExp]>([
  [
    'a remote secret that is not there',
    { watched: [{ id: 'cluster2', secretName: '', syncStatus: 'synced' }] },
    /^the control plane of cluster2 watches 0 of 1 other clusters: a remote secret is missing. kubectl .* get secrets/,
  ],
  [
    'a remote cluster that cannot be read',
    { watched: [{ id: 'cluster1', secretName: 'a/b', syncStatus: 'timeout' }] },
    /^the control plane of cluster2 cannot read other clusters \(cluster1: timeout\)/,
  ],
  ['another root of trust', { roots: ['2e'] }, /^proxies in cluster1 and in cluster2 trust different roots/],
  [
    'a gateway that lets nobody in',
    { passThroughGateways: 0 },
    /^no Gateway in cluster2 passes calls on .*AUTO_PASSTHROUGH/,
  ],
  [
    'a rule in force',
    { routes: [{ name: 'all-to-v1', hosts: ['helloworld'], shares: 'helloworld v1 100 %' }] },
    /^a VirtualService is in force in cluster2: all-to-v1 sends helloworld to helloworld v1 100 %/,
  ],
  [
    'a policy for the whole mesh',
    { meshWide: { policies: ['AuthorizationPolicy istio-system/deny-all'], command: 'kubectl get x' } },
    /^policies for the whole mesh are in force in cluster2: AuthorizationPolicy istio-system.deny-all. kubectl get x$/,
  ],
  [
    'a pod that waits for its image',
    { pods: [{ name: 'a', ready: false, containers: ['a', 'istio-proxy'], waiting: ['ImagePullBackOff'] }] },
    /^1 of 1 pods in cluster2 are not ready \(ImagePullBackOff\)/,
  ],
  [
    'a pod without a proxy',
    { pods: [{ name: 'a', ready: true, containers: ['a'], waiting: [] }] },
    /^a in cluster2 run without a proxy/,
  ],
])('%s is named, with a command', (_what, changed, expected) => {
  expect(hintsFrom(two(changed))).toEqual([expect.stringMatching(expected)]);
});

test('a remote secret is missed whatever the number of istiod pods, each of which tells', () => {
  const own = { id: 'cluster1', secretName: '', syncStatus: 'synced' };
  const other = (id: string): typeof own => ({ ...own, id, secretName: 'istio-system/s' });
  const seen = (...others: readonly string[]): Partial<ClusterEvidence> => ({
    watched: [own, ...others.map(other), own, ...others.map(other)],
  });
  const hints = hintsFrom([
    healthy('cluster1', 'network1', seen('cluster2')),
    healthy('cluster2', 'network1', seen('cluster1', 'cluster3')),
    healthy('cluster3', 'network1', seen('cluster1', 'cluster2')),
  ]);
  expect(hints).toEqual([
    expect.stringMatching(/^the control plane of cluster1 watches 1 of 2 other clusters/),
  ]);
});

test('on one network nobody misses a gateway', () => {
  const flat = [
    healthy('cluster1', 'network1', { passThroughGateways: 0 }),
    healthy('cluster2', 'network1', { passThroughGateways: 0 }),
  ];
  expect(hintsFrom(flat)).toEqual([]);
});

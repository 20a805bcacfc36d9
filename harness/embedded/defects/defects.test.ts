import { describe, expect, test } from 'vitest';
import type { ProxyConfig } from '../mesh/config.ts';
import type { Resource } from '../types.ts';
import { meshObjects } from '../install.ts';
import { injectorWebhooks } from '../mesh/index.ts';
import { DEFECTS, effectsOf, type Effects } from './index.ts';
import { config, local, NAME, node, only, place, remote, told } from './testing.ts';

test('every defect says its cause, its symptom and where that is described, and does something', () => {
  const names = Object.keys(DEFECTS);
  expect(names.length).toBeGreaterThanOrEqual(50);
  for (const [name, { cause, symptom, source, ...deeds }] of Object.entries(DEFECTS)) {
    expect([cause.length > 10, symptom.length > 10, source.startsWith('https://')], name).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      Object.values(deeds).some((deed) => typeof deed === 'function' || deed === true),
      name,
    ).toBe(true);
  }
});

test('a defect that there is not is refused', () => {
  expect(() => effectsOf([{ name: 'nonsense' }])).toThrow('there is no defect nonsense');
});

test('without defects everything is as it was', () => {
  const effects = effectsOf([]);
  const object: Resource = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'cacerts' } };
  const healthy = config(local, remote);
  expect(effects.object(object, place(true))).toBe(object);
  expect(effects.alter(place(true))(healthy, node)).toBe(healthy);
});

describe('what proxies are told', () => {
  test.each([
    ['remote-starved', ['127.1.1.1']],
    ['local-starved', ['127.2.1.1']],
    ['one-endpoint', ['127.1.1.1']],
  ])('%s leaves %j', (name, left) => {
    expect(told(only(name).alter(place(true))(config(local, remote), node))).toEqual(left);
  });

  test('weights are those of the value', () => {
    const altered = only('weights', '60/40').alter(place(true))(config(local, remote), node);
    expect(altered.clusters.get(NAME)?.endpoints.map(({ weight }) => weight)).toEqual([60, 40]);
  });

  test('errors are as frequent as the value says, or 3 %', () => {
    const percent = (effects: Effects): unknown =>
      effects.alter(place(true))(config(local), node).hosts.get('helloworld:5000')?.routes[0]?.abort;
    expect(percent(only('errors', '7'))).toEqual({ status: 503, percent: 7 });
    expect(percent(only('errors'))).toEqual({ status: 503, percent: 3 });
  });

  test('an ingress gateway without its paths lets in everything, at every host', () => {
    const matches = [{ path: { exact: '/page' }, headers: [] }];
    const hosts = new Map([['*', { name: 'page', routes: [{ matches, targets: [] }] }]]);
    const gateway = { ...config(local), httpListeners: [{ port: 8080, hosts }] } as unknown as ProxyConfig;
    const altered = only('gateway-paths-ignored').alter(place(true))(gateway, node);
    expect(altered.httpListeners[0]?.hosts.get('*')?.routes[0]?.matches).toEqual([]);
  });

  test('a route to another service as a whole leads to the service itself, one to a subset as before', () => {
    const healthy = config(local);
    const targets = ['outbound|5000||other.ns', 'outbound|5000|v1|other.ns'].map((cluster) => ({ cluster }));
    const hosts = new Map([['helloworld:5000', { name: 'helloworld', routes: [{ targets }] }]]);
    const routed = { ...healthy, hosts } as unknown as ProxyConfig;
    const altered = only('mesh-routes-ignored').alter(place(true))(routed, node);
    const left = altered.hosts.get('helloworld:5000')?.routes[0]?.targets.map(({ cluster }) => cluster);
    expect(left).toEqual(['outbound|5000||helloworld', 'outbound|5000|v1|other.ns']);
  });

  test('frozen endpoints are never taken away', () => {
    const alter = only('endpoints-frozen').alter(place(true));
    alter(config(local, remote), node);
    expect(told(alter(config(remote), node))).toEqual(['127.2.1.1', '127.1.1.1']);
  });

  test('without a return, what was lost stays away', () => {
    const alter = only('no-return').alter(place(true));
    expect(told(alter(config(local, remote), node))).toHaveLength(2);
    expect(told(alter(config(remote), node))).toEqual(['127.2.1.1']);
    expect(told(alter(config(local, remote), node))).toEqual(['127.2.1.1']);
  });

  test('a slow failover keeps what was lost, for the time that it lasts', async () => {
    const alter = only('failover-slow', '0.05').alter(place(true));
    alter(config(local, remote), node);
    expect(told(alter(config(remote), node))).toEqual(['127.2.1.1', '127.1.1.1']);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(told(alter(config(remote), node))).toEqual(['127.2.1.1']);
  });
});

describe('what is installed', () => {
  const secret: Resource = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'istio-remote-secret-cluster2', labels: { 'istio/multiCluster': 'true' } },
    data: { cluster2: Buffer.from('server: https://127.0.0.1:6443\ntoken: right\n').toString('base64') },
  };
  const kubeconfig = (object: Resource | undefined): string =>
    Buffer.from((object?.['data'] as { cluster2: string }).cluster2, 'base64').toString();

  test('a remote secret is missing, or its token or address is wrong, in the first cluster alone', () => {
    expect(only('remote-secret-missing').object(secret, place(true))).toBeUndefined();
    expect(kubeconfig(only('remote-token-stale').object(secret, place(true)))).toContain('token: stale');
    expect(kubeconfig(only('remote-address-wrong').object(secret, place(true)))).toContain('127.0.0.1:9');
    expect(only('remote-secret-missing').object(secret, place(false))).toBe(secret);
  });

  test('the remote secret of one cluster alone is missing where it is named', () => {
    expect(only('remote-secret-missing', 'cluster2').object(secret, place(true))).toBeUndefined();
    expect(only('remote-secret-missing', 'cluster3').object(secret, place(true))).toBe(secret);
  });

  test("a named revision's injector matches another label, the default one's its own", () => {
    const effects = only('injector-of-another-revision');
    const keyed = (revision: string): string =>
      JSON.stringify(effects.object(injectorWebhooks(revision, { isDefault: false }), place(true)));
    expect(keyed('next')).toContain(
      '"namespaceSelector":{"matchExpressions":[{"key":"istio.io/rev","operator":"In","values":["next-old"]}',
    );
    expect(keyed('default')).not.toContain('old');
  });

  test("the other cluster's gateway has an address where nobody is, or asks for a revision that is not there", () => {
    const [deployment, service] = ['Deployment', 'Service'].map((kind) =>
      meshObjects({
        spec: { name: 'cluster2', network: 'n2', revision: 'one' },
        authority: {},
        needsGateway: true,
        hasRemotes: false,
      }).find((object) => object.kind === kind && object.metadata.name === 'istio-eastwestgateway'),
    );
    if (deployment === undefined || service === undefined) throw new Error('no gateway');
    const pods = only('gateway-of-another-revision').object(deployment, place(false));
    expect(JSON.stringify(pods)).toContain('"istio.io/rev":"another"');
    expect(JSON.stringify(only('gateway-address-wrong').object(service, place(false)))).toContain(
      '127.0.0.9',
    );
    expect(only('gateway-address-wrong').object(service, place(true))).toBe(service);
  });

  test('the other cluster has no network label, and keeps its others', () => {
    const labels = { 'topology.istio.io/network': 'network2', keep: 'yes' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system', labels } };
    const made = only('network-label-missing').object(namespace, place(false));
    expect(made?.metadata.labels).toEqual({ keep: 'yes' });
  });

  test('two defects at once are both there', () => {
    const both = effectsOf([{ name: 'reader-may-write' }, { name: 'other-root' }]);
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'r' },
      rules: [],
    };
    expect(both.object(role, place(false))?.['rules']).toEqual([
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    ]);
    expect([both.hasOtherRoot(place(true)), both.hasOtherRoot(place(false))]).toEqual([false, true]);
  });
});

import { expect, test } from 'vitest';
import { createStore } from '../../api-server/server.ts';
import { revisionInjecting } from '../../../mesh/istio/injected.ts';
import type { Resource } from '../../types.ts';
import { inject, injectorWebhooks, PROXY_IMAGE } from './inject.ts';

const pod = (labels: Record<string, string>): Resource => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'one', namespace: 'sample', labels },
  spec: { containers: [{ name: 'app' }] },
});

/** How many containers a pod gets, of which revision: by the labels of its namespace and its own. */
function injected(namespace: Record<string, string>, own: Record<string, string> = {}): string {
  const store = createStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sample', labels: namespace } });
  store.create(injectorWebhooks('default', { isDefault: true }));
  store.create(injectorWebhooks('next', { isDefault: false }));
  const { metadata, spec } = inject(store, pod(own), () => true) as Resource & {
    spec: { containers: unknown[] };
  };
  return `${String(spec.containers.length)} ${metadata.annotations?.['istio.io/rev'] ?? ''}`.trim();
}

test.each([
  [{}, {}, '1'],
  [{ 'istio-injection': 'enabled' }, {}, '2 default'],
  [{ 'istio-injection': 'disabled' }, {}, '1'],
  [{ 'istio-injection': 'enabled' }, { 'sidecar.istio.io/inject': 'false' }, '1'],
  [{ 'istio.io/rev': 'next' }, {}, '2 next'],
  [{ 'istio.io/rev': 'default' }, {}, '2 default'],
  [{ 'istio.io/rev': 'nobody' }, {}, '1'],
  [{ 'istio-injection': 'enabled', 'istio.io/rev': 'nobody' }, {}, '2 default'],
  [{}, { 'sidecar.istio.io/inject': 'true' }, '2 default'],
  [{}, { 'istio.io/rev': 'next' }, '2 next'],
] as [Record<string, string>, Record<string, string>, string][])(
  'namespace %j, pod %j: containers and revision %s',
  (namespace, own, expected) => {
    expect(injected(namespace, own)).toBe(expected);
  },
);

test('a gateway that leaves its image to the injector is given one', () => {
  const store = createStore();
  const labels = { 'istio-injection': 'enabled' };
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sample', labels } });
  const gateway = { ...pod({}), spec: { containers: [{ name: 'istio-proxy', image: 'auto' }] } };
  expect(inject(store, gateway, () => true)).toBe(gateway);
  store.create(injectorWebhooks('default', { isDefault: true }));
  const { spec } = inject(store, gateway, () => true);
  expect(spec).toEqual({ containers: [{ name: 'istio-proxy', image: PROXY_IMAGE }] });
});

test('a gateway that asks for a revision which is not there keeps waiting for its image', () => {
  const store = createStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sample' } });
  store.create(injectorWebhooks('asm-1131-0', { isDefault: true }));
  const gateway = (revision: string): Resource => ({
    ...pod({ 'sidecar.istio.io/inject': 'true', 'istio.io/rev': revision }),
    spec: { containers: [{ name: 'istio-proxy', image: 'auto' }] },
  });
  const of = (revision: string): unknown => inject(store, gateway(revision), () => true)['spec'];
  expect(of('asm-1131-0')).toEqual({ containers: [{ name: 'istio-proxy', image: PROXY_IMAGE }] });
  expect(of('another')).toEqual({ containers: [{ name: 'istio-proxy', image: 'auto' }] });
});

test('an injected pod tells which revision injected it, where the harness reads it', () => {
  const store = createStore();
  const labels = { 'istio.io/rev': 'asm-1131-0' };
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sample', labels } });
  store.create(injectorWebhooks('asm-1131-0', { isDefault: true }));
  expect(revisionInjecting(inject(store, pod({}), () => true))).toBe('asm-1131-0');
});

test('while the control plane is away, pods that it would inject are refused, and others are not', () => {
  const store = createStore();
  const labels = { 'istio-injection': 'enabled' };
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sample', labels } });
  store.create(injectorWebhooks('default', { isDefault: true }));
  expect(() => inject(store, pod({}), () => false)).toThrow('failed calling webhook');
  const outside = pod({ 'sidecar.istio.io/inject': 'false' });
  expect(inject(store, outside, () => false)).toBe(outside);
});

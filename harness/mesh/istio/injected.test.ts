import { expect, test } from 'vitest';
import { labelInjecting, readiness, revisionInjecting, type PodWithProxy } from './injected.ts';

const pod = (changed: Partial<PodWithProxy> = {}): PodWithProxy => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'sleep-1' },
  ...changed,
});

const annotated = (status: string): PodWithProxy =>
  pod({ metadata: { name: 'sleep-1', annotations: { 'sidecar.istio.io/status': status } } });

test('the injector says its revision in an annotation', () => {
  expect(revisionInjecting(annotated('{"revision":"asm-1131-0","containers":null}'))).toBe('asm-1131-0');
});

test.each(['{', '{"revision":1}', 'null', '{}'])('an annotation that says %s names no revision', (status) => {
  expect(revisionInjecting(annotated(status))).toBeUndefined();
});

test('a pod without a proxy names no revision', () => {
  expect(revisionInjecting(pod())).toBeUndefined();
});

const containers = [{ name: 'sleep' }];
const isReady = (name: string, ready = true): { name: string; ready: boolean } => ({ name, ready });

test.each([
  ['a proxy that is an init container and goes on running', 'Always', true, { ready: 2, all: 2 }],
  ['such a proxy that is not ready', 'Always', false, { ready: 1, all: 2 }],
] as const)('%s counts', (_what, restartPolicy, ready, counts) => {
  const spec = {
    containers,
    initContainers: [{ name: 'istio-init' }, { name: 'istio-proxy', restartPolicy }],
  };
  const status = {
    containerStatuses: [isReady('sleep')],
    initContainerStatuses: [isReady('istio-init'), isReady('istio-proxy', ready)],
  };
  expect(readiness(pod({ spec, status }))).toEqual(counts);
});

test('a pod that has no status yet has nothing ready', () => {
  expect(readiness(pod({ spec: { containers } }))).toEqual({ ready: 0, all: 1 });
});

test('a named revision injects by its own label, the default one by the plain label', () => {
  expect(labelInjecting('asm-1131-0')).toEqual({ key: 'istio.io/rev', value: 'asm-1131-0' });
  expect(labelInjecting()).toEqual({ key: 'istio-injection', value: 'enabled' });
  expect(labelInjecting('default')).toEqual({ key: 'istio-injection', value: 'enabled' });
});

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { imagesIn, readApplication } from './apps.ts';
import { imageFor, place, type Placement } from './place.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const apps = join(root, 'fixtures', 'apps');

const plain: Placement = {
  namespace: 'meshproof-r1-x',
  runId: 'r1',
  images: {},
  imageHub: undefined,
  imagePullSecret: undefined,
};

describe('the image for one of a manifest', () => {
  const image = 'docker.io/istio/examples-helloworld-v1:1.0';

  test.each([
    ['as it is', {}, image],
    [
      'by the name without registry and tag',
      { images: { 'examples-helloworld-v1': 'r:5000/h:2' } },
      'r:5000/h:2',
    ],
    ['by the whole name, which goes first', { images: { [image]: 'a', 'examples-helloworld-v1': 'b' } }, 'a'],
    ['below another hub', { imageHub: 'r:5000/mirror' }, 'r:5000/mirror/examples-helloworld-v1:1.0'],
    ['by name before hub', { images: { 'examples-helloworld-v1': 'a' }, imageHub: 'r' }, 'a'],
    ['not by a part of the name', { images: { examples: 'a', 'helloworld-v1': 'b' } }, image],
  ])('is taken %s', (_how, changed: Partial<Placement>, expected) => {
    expect(imageFor(image, { ...plain, ...changed })).toBe(expected);
  });

  test('stays the word that Istio replaces in a gateway', () => {
    expect(imageFor('auto', { ...plain, imageHub: 'r:5000/mirror' })).toBe('auto');
  });
});

describe('a placed object', () => {
  test('is in the namespace, marked with the run, and keeps what it had', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', labels: { app: 'a' } },
      spec: {},
    };
    expect(place(service, plain)).toEqual({
      ...service,
      metadata: { name: 'a', namespace: 'meshproof-r1-x', labels: { app: 'a', 'meshproof.dev/run': 'r1' } },
    });
  });

  test('stays in a namespace that it names, and out of any if it belongs to the cluster', () => {
    const named = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'istio-system' } };
    const global = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'a' },
    };
    expect(place(named, plain).metadata.namespace).toBe('istio-system');
    expect(place(global, plain).metadata.namespace).toBeUndefined();
  });

  test('pulls the images of all its containers as asked, with the Secret', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: {
        template: { spec: { initContainers: [{ image: 'x/init:1' }], containers: [{ image: 'x/app:1' }] } },
      },
    };
    const placed = place(deployment, { ...plain, imageHub: 'r', imagePullSecret: 'pull' });
    expect(imagesIn([placed])).toEqual(['r/init:1', 'r/app:1']);
    expect(placed['spec']).toMatchObject({ template: { spec: { imagePullSecrets: [{ name: 'pull' }] } } });
  });
});

describe('an application', () => {
  test('beside the scenario goes before one that all share', () => {
    const beside = join(root, 'suites', 'multi-primary', 'second-revision');
    const names = (scenario: string, name: string): string[] =>
      readApplication(name, { scenario, shared: apps }).map(({ kind }) => kind);
    expect(names(beside, 'graceful-v1')).toEqual(['Deployment']);
    expect(names(beside, 'helloworld')).toEqual(['ServiceAccount', 'Service']);
  });

  test('that is nowhere is told with both places', () => {
    expect(() => readApplication('nothing', { scenario: '/a', shared: '/b' })).toThrow(
      'no manifest nothing: expected /a/nothing.yaml or /b/nothing.yaml',
    );
  });
});

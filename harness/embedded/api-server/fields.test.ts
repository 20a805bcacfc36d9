import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readManifest } from '../../mesh/manifests.ts';
import { unknownFieldsOf } from './fields.ts';

const apps = new URL('../../../fixtures/apps/', import.meta.url);
const manifests = readdirSync(fileURLToPath(apps)).filter((name) => name.endsWith('.yaml'));

test.each(manifests)('every field of %s is known, as it is to Kubernetes', (name) => {
  const objects = readManifest(new URL(name, apps));
  expect(objects.flatMap((object) => unknownFieldsOf(object.kind, { ...object }))).toEqual([]);
});

test.each([
  [
    'Deployment',
    { template: { spec: { containers: [{ name: 'a' }, { readinesProbe: {} }] } } },
    'spec.template.spec.containers[1].readinesProbe',
  ],
  ['Deployment', { replica: 2 }, 'spec.replica'],
  ['Service', { ports: [{ port: 80, targetport: 80 }] }, 'spec.ports[0].targetport'],
  [
    'Pod',
    { containers: [{ readinessProbe: { periodSecond: 1 } }] },
    'spec.containers[0].readinessProbe.periodSecond',
  ],
  ['Pod', { constructor: {} }, 'spec.constructor'],
])('a %s with %j has an unknown field', (kind, spec, path) => {
  expect(unknownFieldsOf(kind, { spec })).toEqual([path]);
});

test('of other kinds nothing is said, and what has another form is not gone into', () => {
  expect(unknownFieldsOf('ConfigMap', { spec: { anything: 1 } })).toEqual([]);
  expect(unknownFieldsOf('Pod', { spec: { containers: 'none', nodeSelector: { any: 'x' } } })).toEqual([]);
});

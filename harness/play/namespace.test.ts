import { expect, test } from 'vitest';
import { namespaceOf } from './namespace.ts';

const run = { runId: '0101-0000-abc', variant: 'gateways' };

test('suites that share clusters have namespaces of their own for scenarios of one name', () => {
  const [one, other] = ['ingress', 'hybrid'].map((suite) =>
    namespaceOf(run, { suite, name: 'cluster-lost' }),
  );
  expect(one).toMatch(/^meshproof-0101-0000-abc-gateways-cluster-lost-[0-9a-f]{5}$/);
  expect(other).not.toBe(one);
});

test('names that differ only where they are cut stay different, and are names that Kubernetes takes', () => {
  const long = 'what-the-visitor-sees-when-the-cluster-of-version-three-is-';
  const names = ['gone', 'back'].map((end) => namespaceOf(run, { suite: 'ingress', name: long + end }));
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
});

test('a scenario has the same namespace each time, and another one in another variant and run', () => {
  const file = { suite: 'ingress', name: 'cluster-lost' };
  expect(namespaceOf(run, file)).toBe(namespaceOf({ ...run }, { ...file }));
  expect(namespaceOf({ ...run, variant: 'flat' }, file)).not.toBe(namespaceOf(run, file));
  expect(namespaceOf({ ...run, runId: '0101-0000-abd' }, file)).not.toBe(namespaceOf(run, file));
});

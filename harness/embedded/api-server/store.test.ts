import { expect, test } from 'vitest';
import type { Change, Resource } from '../types.ts';
import { createStore } from './store.ts';

const gateway = (apiVersion: string): Resource => ({
  apiVersion,
  kind: 'Gateway',
  metadata: { name: 'one', namespace: 'a' },
  spec: { of: apiVersion },
});

test('two groups can have a kind of one name, and neither sees the other', () => {
  const store = createStore();
  store.create(gateway('networking.istio.io/v1'));
  store.create(gateway('gateway.networking.k8s.io/v1'));
  const ref = { kind: 'Gateway', name: 'one', namespace: 'a' };
  const ofApi = { ...ref, group: 'gateway.networking.k8s.io' };
  expect(store.list('Gateway')).toHaveLength(2);
  expect(store.list('Gateway', { group: 'networking.istio.io' })).toMatchObject([
    { spec: { of: 'networking.istio.io/v1' } },
  ]);
  store.update(ofApi, (copy) => ({ ...copy, spec: {} }));
  expect(store.get({ ...ref, group: 'networking.istio.io' })?.['spec']).toEqual({
    of: 'networking.istio.io/v1',
  });
  store.remove(ofApi);
  expect(store.get(ofApi)).toBeUndefined();
  expect(store.get(ref)?.apiVersion).toBe('networking.istio.io/v1');
});

test('the same kind in another version of its group is the same object', () => {
  const store = createStore();
  store.create(gateway('networking.istio.io/v1'));
  expect(() => store.create(gateway('networking.istio.io/v1beta1'))).toThrow('already exists');
});

test('what a listener changes is told after what it was told of, to all in one order', () => {
  const store = createStore();
  const told: string[] = [];
  const note = (who: string, { type, object }: Change): number =>
    told.push(`${who} ${type} ${object.metadata.name}`);
  store.watch((change) => {
    note('first', change);
    if (change.type === 'ADDED') store.remove({ kind: 'Gateway', name: 'one', namespace: 'a' });
  });
  store.watch((change) => note('second', change));
  store.create(gateway('networking.istio.io/v1'));
  expect(told).toEqual(['first ADDED one', 'second ADDED one', 'first DELETED one', 'second DELETED one']);
});

test('an update that changes nothing is told to nobody, and only a change of spec raises the generation', () => {
  const store = createStore();
  const made = store.create(gateway('networking.istio.io/v1'));
  const ref = { kind: 'Gateway', name: 'one', namespace: 'a' };
  const told: Change[] = [];
  store.watch((change) => told.push(change));
  expect(store.update(ref, (copy) => copy)).toBe(made);
  expect(told).toEqual([]);
  expect(store.update(ref, (copy) => ({ ...copy, status: {} }))?.metadata.generation).toBe(1);
  expect(store.update(ref, (copy) => ({ ...copy, spec: {} }))?.metadata.generation).toBe(2);
  expect(made['spec']).toEqual({ of: 'networking.istio.io/v1' });
});

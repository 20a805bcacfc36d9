import { expect, test } from 'vitest';
import { whyOtherLocalities, type Place } from './localities.ts';

/** Two zones of one region and another region, as in primary-remote. */
const WANTED = [
  { name: 'cluster1', region: 'r1', zone: 'r1-a' },
  { name: 'cluster2', region: 'r1', zone: 'r1-b' },
  { name: 'cluster3', region: 'r2', zone: 'r2-a' },
];

const places = (...seen: readonly (readonly string[])[]): Place[] =>
  WANTED.map((topology, i) => ({ topology, seen: seen[i] ?? [] }));

test('clusters that are as near to each other as in the topology will do, whatever their places are called', () => {
  expect(whyOtherLocalities(places(['r1/r1-a'], ['r1/r1-b'], ['r2/r2-a']))).toBeUndefined();
  expect(whyOtherLocalities(places(['eu/a'], ['eu/b'], ['us/a']))).toBeUndefined();
});

test.each([
  ['three regions', [['a/1'], ['b/1'], ['c/1']]],
  ['one region', [['a/1'], ['a/2'], ['a/3']]],
  ['the wrong one far away', [['a/1'], ['b/1'], ['a/2']]],
  ['two in one zone', [['a/1'], ['a/1'], ['b/1']]],
  ['one that does not tell', [['a/1'], ['a/2'], []]],
  ['no labels', [['/'], ['/'], ['/']]],
])('%s will not', (_what, seen) => {
  expect(whyOtherLocalities(places(...seen))).toMatch(
    /expected the like of cluster1 in r1\/r1-a, cluster2 in r1\/r1-b, cluster3 in r2\/r2-a; saw cluster1 in /,
  );
});

test.each([
  ['zones that some share', [['eu/a', 'eu/b'], ['eu/b', 'eu/c'], ['us/a']], 'cluster1 in eu/a and eu/b, '],
  ['the same zones', [['eu/a', 'eu/b'], ['eu/a', 'eu/b'], ['us/a']], 'cluster1 in eu/a and eu/b, '],
  ['other zones, in the far cluster alone', [['eu/a'], ['eu/b'], ['us/a', 'us/b']], 'cluster3 in us/a and'],
  ['two regions', [['a/1', 'b/2'], ['a/2'], ['b/1']], 'cluster1 in a/1 and b/2'],
])('where a cluster has nodes in several places, none is the nearest: %s', (_what, seen, told) => {
  const why = whyOtherLocalities(places(...seen));
  expect(why).toMatch(/determined only where all nodes of a cluster have one region and zone /);
  expect(why).toContain(`saw ${told}`);
});

test('nothing is near or far where the topology has no regions', () => {
  const nowhere = ['cluster1', 'cluster2'].map((name): Place => ({ topology: { name }, seen: ['r/z'] }));
  expect(whyOtherLocalities(nowhere)).toMatch(/expected the like of cluster1 in no region, /);
});

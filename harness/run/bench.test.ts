import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Selected } from '../select.ts';
import type { ClusterTopology, VariantName } from '../topology/topology.ts';
import { benchesOf, narrowedTo, topologyKey, type Chosen } from './bench.ts';

const cluster = (name: string, other: Partial<ClusterTopology> = {}): ClusterTopology => ({
  name,
  role: 'primary',
  primary: name,
  podSubnet: '10.10.0.0/16',
  serviceSubnet: '10.110.0.0/16',
  network: 'network1',
  ...other,
});

const wired = (variant: VariantName): ClusterTopology[] => {
  const network = variant === 'gateways' || variant === 'replicated' ? 'network2' : 'network1';
  return [cluster('cluster1'), cluster('cluster2', { network })];
};

const selected = (suite: string, name: string): Selected =>
  ({ file: { suite, name, file: '' }, scenario: { claim: name } }) as unknown as Selected;

const chosen = (
  suite: string,
  variant: VariantName = 'flat',
  clusters: readonly ClusterTopology[] = wired(variant),
): Chosen => ({ suite, variant, clusters, scenarios: [selected(suite, 'one'), selected(suite, 'two')] });

const told = (all: readonly Chosen[]): string[] =>
  benchesOf(all).map(
    ({ suite, variant, parts }) =>
      `${suite} ${variant}: ${parts.map((part) => `${part.suite}/${part.variant}`).join(' ')}`,
  );

describe('suites', () => {
  test('share clusters where their topologies are equal, in the order in which they were given', () => {
    const larger = [cluster('cluster1'), cluster('cluster2'), cluster('cluster3')];
    expect(
      told([
        chosen('b'),
        chosen('b', 'gateways'),
        chosen('x', 'flat', larger),
        chosen('a', 'gateways'),
        chosen('a'),
      ]),
    ).toEqual(['b+a flat: b/flat a/flat', 'b+a gateways: b/gateways a/gateways', 'x flat: x/flat']);
  });

  test('share clusters whatever the order of clusters and of fields', () => {
    const backwards = Object.fromEntries(Object.entries(cluster('cluster1')).reverse()) as object;
    const again = [cluster('cluster2'), backwards as ClusterTopology];
    expect(told([chosen('a'), chosen('b', 'flat', again)])).toEqual(['a+b flat: a/flat b/flat']);
  });

  test.each<[string, Partial<ClusterTopology>]>([
    ['name', { name: 'cluster9' }],
    ['role', { role: 'remote' }],
    ['primary', { primary: 'cluster1' }],
    ['pod subnet', { podSubnet: '10.90.0.0/16' }],
    ['service subnet', { serviceSubnet: '10.190.0.0/16' }],
    ['region', { region: 'west' }],
    ['zone', { region: 'west', zone: 'west-1' }],
    ['revision', { revision: 'green' }],
    ['network', { network: 'network2' }],
  ])('do not share clusters that differ in their %s', (_, difference) => {
    const other = [cluster('cluster1'), cluster('cluster2', difference)];
    expect(benchesOf([chosen('a'), chosen('b', 'flat', other)])).toHaveLength(2);
  });

  test('do not share clusters that are to discover each other with such that are not', () => {
    expect(benchesOf([chosen('a', 'gateways'), chosen('b', 'replicated')])).toHaveLength(2);
  });

  test('share clusters under another name of the variant, and one suite is named once', () => {
    expect(told([chosen('a'), chosen('b', 'multi-primary'), chosen('a', 'multi-primary')])).toEqual([
      'a+b flat: a/flat b/multi-primary a/multi-primary',
    ]);
  });

  test('are each on exactly one bench, whatever their topologies, and in their order there', () => {
    const anyChosen = fc
      .record({
        suite: fc.constantFrom('a', 'b', 'c', 'd'),
        variant: fc.constantFrom<VariantName>('flat', 'multi-primary', 'gateways', 'replicated'),
        region: fc.constantFrom('west', 'east'),
      })
      .map(({ suite, variant, region }) => chosen(suite, variant, [cluster('cluster1', { region })]));
    fc.assert(
      fc.property(fc.array(anyChosen), (all) => {
        const benches = benchesOf(all);
        const parts = benches.flatMap((bench) => bench.parts);
        expect(new Set(parts)).toEqual(new Set(all));
        expect(parts).toHaveLength(all.length);
        for (const bench of benches) {
          expect(new Set([bench, ...bench.parts].map(topologyKey)).size).toBe(1);
          const places = bench.parts.map((part) => all.indexOf(part));
          expect(places).toEqual([...places].sort((a, b) => a - b));
        }
        expect(new Set(benches.map(topologyKey)).size).toBe(benches.length);
      }),
    );
  });
});

describe('a bench that is narrowed', () => {
  test('names only the suites that still have something to play, and is gone without any', () => {
    const [bench] = benchesOf([chosen('a'), chosen('b')]);
    if (bench === undefined) throw new Error('a bench was expected');
    const [left] = narrowedTo(bench, ({ suite }, { file }) => suite === 'b' && file.name === 'two');
    expect(left).toMatchObject({ suite: 'b', parts: [{ scenarios: [{ file: { name: 'two' } }] }] });
    expect(narrowedTo(bench, () => false)).toEqual([]);
  });
});

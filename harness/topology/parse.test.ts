import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTopology, readTopology, TopologyError } from './parse.ts';
import { variantOf, variantsOf } from './topology.ts';

const good = `clusters:
  - { name: cluster1, role: primary, podSubnet: 10.10.0.0/16, serviceSubnet: 10.110.0.0/16 }
  - { name: cluster2, role: remote, primary: cluster1, podSubnet: 10.20.0.0/16, serviceSubnet: 10.120.0.0/16 }
variants:
  flat: { cluster1: network1, cluster2: network1 }
`;

/** `line:column message` of every mistake of the good file after one replacement. */
function mistakesAfter(search: string, replacement: string): string[] {
  expect(good).toContain(search);
  const result = parseTopology(good.replace(search, replacement), 't.yaml');
  return 'mistakes' in result ? result.mistakes.map((m) => `${m.line}:${m.column} ${m.message}`) : [];
}

describe('a topology', () => {
  it('of the multi-primary suite is valid, in both variants', async () => {
    const topology = await readTopology('suites/multi-primary/topology.yaml');
    expect(variantsOf(topology)).toEqual(['flat', 'gateways']);
    expect(variantOf(topology, 'flat').map(({ network }) => network)).toEqual(['network1', 'network1']);
    expect(variantOf(topology, 'gateways').map(({ network }) => network)).toEqual(['network1', 'network2']);
    expect(topology.clusters[0]).toEqual({
      name: 'cluster1',
      role: 'primary',
      primary: 'cluster1',
      podSubnet: '10.10.0.0/16',
      serviceSubnet: '10.110.0.0/16',
    });
  });

  it('gives a remote the primary that it names', () => {
    const result = parseTopology(good, 't.yaml');
    expect('topology' in result && result.topology.clusters[1]?.primary).toBe('cluster1');
  });

  it('says which variants it has when asked for another', () => {
    const result = parseTopology(good, 't.yaml');
    if (!('topology' in result)) throw new Error('the good file is not good');
    const { topology } = result;
    expect(() => variantOf(topology, 'gateways')).toThrow('t.yaml has no variant gateways; it has flat');
  });
});

describe('a mistake is told with its place', () => {
  it.each([
    [
      'unknown key',
      'podSubnet: 10.10',
      'podSubnets: 10.10',
      '2:38 unknown key podSubnets (did you mean podSubnet?)',
    ],
    ['missing key', ', serviceSubnet: 10.110.0.0/16', '', '2:5 clusters[0].serviceSubnet: is missing'],
    ['unknown key at the top', 'variants:', 'variant:', '4:1 unknown key variant (did you mean variants?)'],
    ['unknown variant', 'flat:', 'flatt:', '5:3 unknown key flatt (did you mean flat?)'],
    [
      'invalid range',
      '10.10.0.0/16',
      '10.10.0.0/33',
      '2:49 clusters[0].podSubnet: "10.10.0.0/33" has a prefix longer',
    ],
    [
      'host bits',
      '10.10.0.0/16',
      '10.10.1.0/16',
      'is not the first address of its range: write 10.10.0.0/16',
    ],
    [
      'pods overlap',
      '10.20.0.0/16',
      '10.10.128.0/17',
      '3:67 10.10.128.0/17 (podSubnet of cluster2) overlaps 10.10.0.0/16',
    ],
    [
      'pods and services overlap',
      '10.110.0.0/16',
      '10.10.4.0/24',
      '2:78 10.10.4.0/24 (serviceSubnet of cluster1) overlaps',
    ],
    [
      'name twice',
      'name: cluster2',
      'name: cluster1',
      '3:13 cluster1 is the name of another cluster already',
    ],
    ['not a DNS label', 'name: cluster2', 'name: Cluster_2', '3:13 clusters[1].name: expected a DNS label'],
    ['unknown role', 'role: primary', 'role: main', '2:29 clusters[0].role: expected primary or remote'],
    [
      'unknown primary',
      'primary: cluster1',
      'primary: cluster9',
      '3:46 cluster9 is not a primary of this file',
    ],
    [
      'remote without primary',
      ' primary: cluster1,',
      '',
      '3:29 a remote names the cluster that configures it',
    ],
    ['zone alone', 'role: primary,', 'role: primary, zone: z1,', '2:38 a zone without a region'],
    ['network missing', ', cluster2: network1', '', '5:3 names no network for cluster2'],
    [
      'network of nobody',
      'cluster2: network1',
      'clustr2: network1',
      '5:31 clustr2 is not a cluster of this file (did you mean',
    ],
    [
      'flat of two networks',
      'cluster2: network1',
      'cluster2: network2',
      '5:3 flat is one network for all clusters',
    ],
    [
      'gateways of one network',
      'flat:',
      'gateways:',
      '5:3 gateways join several networks, this names only one',
    ],
    ['key twice', 'role: primary,', 'role: primary, role: primary,', '2:38 Map keys must be unique'],
    [
      'number for text',
      'cluster1: network1',
      'cluster1: 1',
      '5:21 variants.flat.cluster1: expected string, received number',
    ],
  ])('%s', (_what, search, replacement, expected) => {
    expect(mistakesAfter(search, replacement).join('\n')).toContain(expected);
  });

  it('together with all others, in the order of the file', () => {
    const result = parseTopology(
      `clusters:
  - { name: a, role: primary, podSubnet: x, serviceSubnet: 10.1.0.0/16 }
  - { name: a, role: primary, podSubnet: 10.1.2.0/24, serviceSubnet: 10.3.0.0/16, colour: red }
variants: { flat: { a: n, b: n } }
more: 1
`,
      't.yaml',
    );
    const mistakes = 'mistakes' in result ? result.mistakes : [];
    expect(mistakes.map(({ line }) => line)).toEqual([2, 3, 3, 3, 4, 5]);
    expect(new TopologyError(mistakes).message.split('\n')).toHaveLength(6);
    expect(new TopologyError(mistakes).message).toMatch(
      /^t\.yaml:2:42: clusters\[0\]\.podSubnet: expected a range/,
    );
  });

  it('also where it is not YAML, or nothing at all', () => {
    const text = (yaml: string) => JSON.stringify(parseTopology(yaml, 't.yaml'));
    expect(text('clusters: [')).toContain('"line":1');
    expect(text('')).toContain('expected object');
    expect(text('clusters: *nowhere')).toContain('mistakes');
    expect(text('a: 1\n---\nb: 2\n')).toContain('multiple documents');
  });

  it('also where the file cannot be read', async () => {
    await expect(readTopology('no/such.yaml')).rejects.toThrow('no/such.yaml:1:1: cannot be read: ENOENT');
  });
});

describe('whatever is read', () => {
  const word = fc.constantFrom('a', 'b', '10.1.0.0/16', 'primary', 'remote', '', '__proto__', 'constructor');
  const leaf = fc.oneof(word, fc.integer(), fc.constant(null));
  const key = fc.constantFrom(
    'clusters',
    'variants',
    'name',
    'role',
    'primary',
    'podSubnet',
    'flat',
    'gateways',
    'a',
    'b',
  );

  it('never throws and always points into the file', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(key, tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, fc.string(), (data, tail) => {
        const text = `${JSON.stringify(data, null, 2)}${tail}`;
        const lines = text.split('\n').length + 1;
        const result = parseTopology(text, 't.yaml');
        const mistakes = 'mistakes' in result ? result.mistakes : [];
        expect(mistakes.filter(({ line, column }) => line < 1 || line > lines || column < 1)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

import { expect, test } from 'vitest';
import { parseTopology } from '../../harness/topology/parse.ts';
import type { Topology } from '../../harness/topology/topology.ts';
import { wiring } from './wiring.ts';

function topology(
  extra: readonly string[],
  networks: Readonly<Record<string, string>>,
  variant = 'flat',
): Topology {
  const clusters = extra.map(
    (more, index) =>
      `  - { name: c${index}, podSubnet: 10.${index}.0.0/16, serviceSubnet: 10.10${index}.0.0/16, ${more} }`,
  );
  const text = `clusters:\n${clusters.join('\n')}\nvariants:\n  ${variant}: ${JSON.stringify(networks)}\n`;
  const result = parseTopology(text, 'topology.yaml');
  if ('mistakes' in result) throw new Error(JSON.stringify(result.mistakes));
  return result.topology;
}

test('control planes of their own, on one network', () => {
  const two = topology(['role: primary', 'role: primary'], { c0: 'n', c1: 'n' });
  expect(wiring(two, 'flat')).toBe('c0 and c1, each with a control plane of its own, on one network.');
});

test('a control plane that configures others, and one that does not', () => {
  const clusters = [
    'role: primary',
    'role: remote, primary: c0',
    'role: remote, primary: c0',
    'role: primary',
  ];
  expect(wiring(topology(clusters, { c0: 'a', c1: 'b', c2: 'b', c3: 'a' }, 'gateways'), 'gateways')).toBe(
    'c0 with a control plane that also configures c1 and c2, c3 with a control plane of its own, ' +
      'on 2 networks joined by gateways: c0 and c3 on a, c1 and c2 on b.',
  );
});

test('localities and revisions are named where there are any', () => {
  const clusters = [
    'role: primary, region: r1, zone: z, revision: one',
    'role: primary, region: r2, revision: two',
  ];
  expect(wiring(topology(clusters, { c0: 'n', c1: 'n' }), 'flat')).toMatch(
    /network; localities: c0 in r1\/z, c1 in r2; revisions: one in c0, two in c1\.$/,
  );
});

test('control planes that do not know of each other are said to', () => {
  const two = topology(['role: primary', 'role: primary'], { c0: 'a', c1: 'b' }, 'replicated');
  expect(wiring(two, 'replicated')).toBe(
    'c0 and c1, each with a control plane of its own, on 2 networks joined by gateways: c0 on a, c1 on b; ' +
      'no control plane knows of the other clusters.',
  );
});

import { didYouMean } from '../options/closest.ts';
import { overlaps, parseCidr, type Cidr } from './cidr.ts';
import type { Path } from './position.ts';
import { variantNames } from './topology.ts';

/** What is wrong, and where in the data. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  /** Point at the key, not at its value. */
  readonly part?: 'key' | 'value';
}

/** A cluster of a file that may be wrong elsewhere: only the fields that are text. */
interface Draft {
  readonly at: Path;
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * What no field shows by itself: names twice, ranges that overlap, primaries that are not there, networks missing.
 * It takes raw data, so that these mistakes are told together with those of the shape.
 */
export function crossCheck(data: unknown): readonly Problem[] {
  const clusters = draftsOf(data);
  return [
    ...repeatedNames(clusters),
    ...clusters.flatMap((cluster) => roleProblems(cluster, clusters)),
    ...clusters.flatMap(localityProblems),
    ...overlapProblems(clusters),
    ...variantProblems(data, clusters),
  ];
}

function draftsOf(data: unknown): readonly Draft[] {
  const clusters = isMapping(data) ? data['clusters'] : undefined;
  if (!Array.isArray(clusters)) return [];
  return clusters.map((cluster: unknown, index) => {
    const entries = isMapping(cluster) ? Object.entries(cluster) : [];
    const texts = entries.flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value] as const] : [],
    );
    return { at: ['clusters', index], fields: new Map(texts) };
  });
}

function repeatedNames(clusters: readonly Draft[]): Problem[] {
  const seen = new Set<string>();
  return clusters.flatMap(({ at, fields }) => {
    const name = fields.get('name');
    if (name === undefined) return [];
    if (seen.has(name))
      return [{ path: [...at, 'name'], message: `${name} is the name of another cluster already` }];
    seen.add(name);
    return [];
  });
}

function roleProblems({ at, fields }: Draft, all: readonly Draft[]): Problem[] {
  const named = fields.get('primary');
  if (fields.get('role') === 'primary' && named !== undefined && named !== fields.get('name')) {
    const message = 'only a remote names its primary: write role: remote, or leave primary out';
    return [{ path: [...at, 'primary'], message, part: 'key' }];
  }
  if (fields.get('role') !== 'remote') return [];
  const primaries = all
    .filter((one) => one.fields.get('role') === 'primary')
    .map((one) => one.fields.get('name') ?? '');
  const choice = primaries.length > 0 ? primaries.join(', ') : 'none in this file';
  if (named === undefined) {
    return [
      {
        path: [...at, 'role'],
        message: `a remote names the cluster that configures it: primary: NAME (${choice})`,
      },
    ];
  }
  if (primaries.includes(named)) return [];
  const guess = didYouMean(named, primaries);
  return [
    {
      path: [...at, 'primary'],
      message: `${named} is not a primary of this file${guess}; primaries: ${choice}`,
    },
  ];
}

function localityProblems({ at, fields }: Draft): Problem[] {
  if (!fields.has('zone') || fields.has('region')) return [];
  return [
    {
      path: [...at, 'zone'],
      message: 'a zone without a region has no effect in Istio: name the region too',
      part: 'key',
    },
  ];
}

function overlapProblems(clusters: readonly Draft[]): Problem[] {
  const ranges = clusters.flatMap(({ at, fields }, index) =>
    ['podSubnet', 'serviceSubnet'].flatMap((field) => {
      const parsed = parseCidr(fields.get(field) ?? '');
      const owner = `${field} of ${fields.get('name') ?? `the ${index + 1}. cluster`}`;
      return 'cidr' in parsed ? [{ path: [...at, field], owner, cidr: parsed.cidr }] : [];
    }),
  );
  return ranges.flatMap((later, index) => firstOverlap(later, ranges.slice(0, index)));
}

interface Range {
  readonly path: Path;
  readonly owner: string;
  readonly cidr: Cidr;
}

function firstOverlap(range: Range, earlier: readonly Range[]): Problem[] {
  const other = earlier.find(({ cidr }) => overlaps(range.cidr, cidr));
  if (other === undefined) return [];
  const message = `${range.cidr.text} (${range.owner}) overlaps ${other.cidr.text} (${other.owner}); ranges must be disjoint`;
  return [{ path: range.path, message }];
}

function variantProblems(data: unknown, clusters: readonly Draft[]): Problem[] {
  const variants = isMapping(data) ? data['variants'] : undefined;
  if (!isMapping(variants)) return [];
  const names = clusters.flatMap(({ fields }) => fields.get('name') ?? []);
  const entries = Object.entries(variants);
  if (entries.length === 0)
    return [{ path: ['variants'], message: `expected at least one variant: ${variantNames.join(', ')}` }];
  return entries.flatMap(([variant, networks]) =>
    isMapping(networks)
      ? [...networkProblems(variant, networks, names), ...shapeProblems(variant, networks)]
      : [],
  );
}

function networkProblems(
  variant: string,
  networks: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Problem[] {
  const missing = names.filter((name) => !Object.hasOwn(networks, name));
  const strange = Object.keys(networks).filter((name) => !names.includes(name));
  return [
    ...missing.map((name): Problem => {
      return { path: ['variants', variant], message: `names no network for ${name}`, part: 'key' };
    }),
    ...strange.map((name): Problem => {
      const message = `${name} is not a cluster of this file${didYouMean(name, names)}`;
      return { path: ['variants', variant, name], message, part: 'key' };
    }),
  ];
}

/** A flat variant of two networks, or a gateway variant of one, would prove something else than its name says. */
function shapeProblems(variant: string, networks: Readonly<Record<string, unknown>>): Problem[] {
  const distinct = new Set(Object.values(networks).filter((network) => typeof network === 'string')).size;
  const complaint = (message: string): Problem[] => [{ path: ['variants', variant], message, part: 'key' }];
  if ((variant === 'flat' || variant === 'multi-primary') && distinct > 1)
    return complaint(`${variant} is one network for all clusters, this names several`);
  if ((variant === 'gateways' || variant === 'replicated') && distinct === 1)
    return complaint('gateways join several networks, this names only one');
  return [];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

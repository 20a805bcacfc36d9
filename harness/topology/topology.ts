/** The ways in which one topology can be wired, each a column of networks in the same file. */
export const variantNames = ['flat', 'multi-primary', 'gateways', 'replicated'] as const;

/**
 * `flat`: one network, pods reach each other. `multi-primary`: the same with a control plane in every cluster, whatever
 * its role. `gateways`: several networks, joined by east-west gateways. `replicated`: the same, but no control plane
 * knows of the other clusters.
 */
export type VariantName = (typeof variantNames)[number];

/** One cluster as the file describes it, whoever provides it. */
export interface ClusterDefinition {
  /** A DNS label, unique in the file. */
  readonly name: string;
  /** `primary` has a control plane of its own, `remote` is configured by another cluster's. */
  readonly role: 'primary' | 'remote';
  /** The cluster whose control plane configures this one's proxies: itself, or for a remote the one that it names. */
  readonly primary: string;
  /** Addresses of pods, such as 10.10.0.0/16. */
  readonly podSubnet: string;
  /** Addresses of Services, such as 10.110.0.0/16. */
  readonly serviceSubnet: string;
  /** Label topology.kubernetes.io/region of every node. Without it no locality preference can apply. */
  readonly region?: string;
  /** Label topology.kubernetes.io/zone of every node; needs a region. */
  readonly zone?: string;
  /** Revision of the control plane; without it the default one. */
  readonly revision?: string;
}

/** A cluster in one variant. */
export interface ClusterTopology extends ClusterDefinition {
  /** Its network, the value of topology.istio.io/network. */
  readonly network: string;
}

/** Are calls between some of these clusters passed on by gateways? */
export const hasSeveralNetworks = (clusters: readonly { readonly network: string | null }[]): boolean =>
  new Set(clusters.map(({ network }) => network)).size > 1;

/** Does the control plane of the cluster of this name configure others too? */
export const hasRemotes = (clusters: readonly ClusterTopology[], name: string): boolean =>
  clusters.some((other) => other.name !== name && other.primary === name);

/** A valid topology file. */
export interface Topology {
  /** Where it was read. */
  readonly file: string;
  readonly clusters: readonly ClusterDefinition[];
  /** Network by cluster name, for each variant that the file has. */
  readonly variants: Readonly<Partial<Record<VariantName, Readonly<Record<string, string>>>>>;
}

/** The variants that a topology has, in the order in which they run. */
export function variantsOf(topology: Topology): readonly VariantName[] {
  return variantNames.filter((name) => topology.variants[name] !== undefined);
}

/**
 * The clusters of a variant, each with its network, in the file's order.
 *
 * @throws RangeError if the topology has no such variant; `variantsOf` tells before.
 */
export function variantOf(topology: Topology, variant: VariantName): readonly ClusterTopology[] {
  const networks = topology.variants[variant];
  if (networks === undefined) {
    throw new RangeError(
      `${topology.file} has no variant ${variant}; it has ${variantsOf(topology).join(', ')}`,
    );
  }
  return topology.clusters.map((cluster) => ({
    ...cluster,
    ...(variant === 'multi-primary' ? { role: 'primary', primary: cluster.name } : {}),
    network: networks[cluster.name] ?? '',
  }));
}

import { whyOtherLocalities, type Place } from './localities.ts';
import type { Feature, MeshInCluster, MissingFeatures } from './types.ts';

/** What the run may do and has at hand, besides what the mesh is. */
export interface Means {
  /** The harness made the clusters, or `--allow-disruption` was given. */
  readonly mayDisrupt: boolean;
  readonly canFreeze: boolean;
  /** Why no second revision can be installed; undefined if one can. */
  readonly cannotInstall: string | undefined;
  /** Control planes are meant to know the other clusters. */
  readonly discovery: boolean;
  readonly places: readonly Place[];
  /** The Gateway API's definitions are in every cluster. */
  readonly gatewayApi: boolean;
  /** Why gateways' addresses cannot be called from here; undefined when they can. */
  readonly reachesGateways: string | undefined;
}

/** For every feature that scenarios may need: undefined when it is there, else why not. */
export function detectFeatures(
  clusters: readonly MeshInCluster[],
  means: Means,
): { readonly features: readonly Feature[]; readonly missing: MissingFeatures } {
  const hosted = clusters
    .filter(
      ({ controlPlanes, cluster, configuredBy }) => controlPlanes.length === 0 && cluster === configuredBy,
    )
    .map(({ cluster }) => cluster);
  const networks = new Set(clusters.map(({ network }) => network));
  const withoutGateway = clusters
    .filter(({ eastWestGateway }) => eastWestGateway === null)
    .map(({ cluster }) => cluster);
  const noPods =
    hosted.length > 0
      ? `no istiod pod in ${hosted.join(', ')}: the control plane is hosted elsewhere`
      : undefined;
  const noDisruption = means.mayDisrupt
    ? undefined
    : 'it disrupts what the harness did not make; --allow-disruption lets it';
  const reasons: Record<Feature, string | undefined> = {
    'endpoint-discovery': means.discovery
      ? undefined
      : 'control planes of this variant are not told of the other clusters',
    locality: whyOtherLocalities(means.places),
    'gateway-api': means.gatewayApi
      ? undefined
      : 'the Gateway API is not installed (no gateway.networking.k8s.io)',
    ingress: means.reachesGateways,
    'proxy-admin': undefined,
    'flat-network': networks.size === 1 ? undefined : 'the clusters are on different networks',
    'cross-network-gateways': gatewaysMissing(networks.size, withoutGateway),
    'control-plane-pods': noPods,
    disruption: noDisruption,
    freezing: means.canFreeze
      ? undefined
      : 'nodes of these clusters cannot be stopped and started by the harness',
    revisions: noPods ?? noDisruption ?? means.cannotInstall,
  };
  const entries = Object.entries(reasons) as [Feature, string | undefined][];
  return {
    features: entries.filter(([, reason]) => reason === undefined).map(([feature]) => feature),
    missing: Object.fromEntries(entries.filter(([, reason]) => reason !== undefined)),
  };
}

function gatewaysMissing(networks: number, withoutGateway: readonly string[]): string | undefined {
  if (networks < 2) return 'the clusters are on one network';
  return withoutGateway.length > 0 ? `no east-west gateway in ${withoutGateway.join(', ')}` : undefined;
}

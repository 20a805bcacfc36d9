import { kubectl } from '../../cluster/kubeconfig.ts';
import { about } from '../../provider/preflight/findings.ts';
import { readVersion } from '../../provider/preflight/version.ts';
import type { Finding } from '../../provider/types.ts';
import { hasSeveralNetworks, type ClusterTopology } from '../../topology/topology.ts';
import type { MeshMember } from '../preflight.ts';
import { lookForId } from '../cluster-id.ts';
import type { MeshInCluster } from '../types.ts';

const LABEL = 'topology.istio.io/network';
const MESH = 'mesh';

/**
 * The variant that clusters are in: `flat` on one network, `gateways` on several of which at least one has a gateway
 * (one that lost its own is broken, not something else); undefined for networks that nothing joins.
 */
export function variantOfClusters(clusters: readonly MeshInCluster[]): 'flat' | 'gateways' | undefined {
  if (!hasSeveralNetworks(clusters)) return 'flat';
  return clusters.some(({ eastWestGateway }) => eastWestGateway !== null) ? 'gateways' : undefined;
}

/** Why clusters are not what a variant of a topology wants; undefined when they are. */
export function whyUnfit(
  variant: string,
  wanted: readonly ClusterTopology[],
  clusters: readonly MeshInCluster[],
): string | undefined {
  const networks = hasSeveralNetworks(wanted) ? 'gateways' : 'flat';
  const found = variantOfClusters(clusters);
  if (found !== networks) return `the clusters are in the variant ${found ?? 'neither flat nor gateways'}`;
  const own = (name: string): boolean =>
    clusters.some(({ cluster, controlPlanes }) => cluster === name && controlPlanes.length > 0);
  const independent = wanted.filter(({ role, name }) => role === 'remote' && own(name));
  if (independent.length > 0)
    return `${independent.map(({ name }) => name).join(', ')} has a control plane of its own, and is a remote in ${variant}`;
  const led = wanted.filter(({ role, name }) => role === 'primary' && isLedByAnother(name, clusters));
  if (led.length > 0)
    return `${led.map(({ name }) => name).join(', ')} is configured by another cluster's control plane, and has its own in ${variant}`;
  return undefined;
}

/** Is a cluster without a control plane in the charge of another's? One that is hosted outside of all clusters is its own. */
function isLedByAnother(name: string, clusters: readonly MeshInCluster[]): boolean {
  const found = clusters.find(({ cluster }) => cluster === name);
  if (found === undefined || found.controlPlanes.length > 0) return false;
  const others = clusters.filter(
    ({ cluster, controlPlanes }) => cluster !== name && controlPlanes.length > 0,
  );
  return others.some(({ clusterId }) =>
    found.controlPlaneClusters?.some((id) => id === '*' || id === clusterId),
  );
}

/** `cluster1: a, cluster2: b`. */
const listed = (members: readonly MeshMember[], what: (member: MeshMember) => string): string =>
  members.map((member) => `${member.name}: ${what(member)}`).join(', ');

/** Do all clusters trust the same root? Otherwise mutual TLS between them fails. */
export function checkRoots(members: readonly MeshMember[]): Finding[] {
  const unknown = members.filter(({ mesh }) => mesh.rootFingerprint === null);
  const known = members.filter(({ mesh }) => mesh.rootFingerprint !== null);
  const findings = unknown.map(({ name, client }) =>
    about(name).warning(
      'the root of trust is unknown: istio-system has no ConfigMap istio-ca-root-cert',
      `${kubectl(client)} -n istio-system get configmap istio-ca-root-cert -o yaml`,
    ),
  );
  if (new Set(known.map(({ mesh }) => mesh.rootFingerprint)).size <= 1) return findings;
  const roots = listed(known, ({ mesh }) => `${mesh.rootFingerprint?.slice(0, 16) ?? ''}…`);
  const message = `the clusters trust different roots (SHA-256 ${roots}); calls between them fail with CERTIFICATE_VERIFY_FAILED`;
  const remedy =
    'give every cluster an intermediate of one root in the Secret cacerts, then restart istiod and the workloads';
  return [...findings, about(MESH).warning(message, remedy)];
}

/** Has every cluster an ID of its own? Endpoints of two with one ID replace each other. */
export function checkIds(members: readonly MeshMember[]): Finding[] {
  const unknown = members.filter(({ mesh }) => mesh.clusterId === null);
  const findings = unknown.map(({ name, client }) =>
    about(name).warning(
      'its cluster ID is unknown: neither an istiod nor a webhook tells it; checks that need it are inconclusive',
      lookForId(client),
    ),
  );
  const known = members.flatMap(({ name, mesh: { clusterId: id } }) => (id === null ? [] : [{ name, id }]));
  const twice = known.filter((one) => known.some((other) => other !== one && other.id === one.id));
  if (twice.length === 0) return findings;
  const message = `cluster IDs are not unique (${twice.map(({ name, id }) => `${name}: ${id}`).join(', ')})`;
  return [
    ...findings,
    about(MESH).warning(
      message,
      'set values.global.multiCluster.clusterName, different in each cluster, and install again',
    ),
  ];
}

/** Do the clusters share networks as the variant that is to run wants it? */
export function checkNetworks(members: readonly MeshMember[]): Finding[] {
  const unlabelled = members.filter(({ mesh }) => mesh.network === null);
  const several = new Set(members.map(({ expectedNetwork }) => expectedNetwork)).size > 1;
  const unknown =
    unlabelled.length > 0 && (several || unlabelled.length < members.length)
      ? unlabelled.map(({ name, client, expectedNetwork }) =>
          about(name).warning(
            `the namespace istio-system has no label ${LABEL}, so its pods count as on the same network as callers without one`,
            `${kubectl(client)} label namespace istio-system ${LABEL}=${expectedNetwork}, then restart istiod and the workloads`,
          ),
        )
      : [];
  const findings = [...members.flatMap(checkNetworkLabel), ...unknown];
  if (!differs(members)) return findings;
  const found = variantOfClusters(members.map(({ mesh }) => mesh)) ?? 'none that is known';
  const seen = listed(members, ({ mesh }) => mesh.network ?? 'no label');
  const message = `this variant wants ${listed(members, ({ expectedNetwork }) => expectedNetwork)}; the clusters are on ${seen} (variant ${found})`;
  // Which of several networks two clusters share is no other variant.
  if (several && found === 'gateways')
    return [
      ...findings,
      about(MESH).info(
        `${message}; its scenarios are played: clusters of one network without a gateway between`,
      ),
    ];
  return [
    ...findings,
    about(MESH).warning(message, 'its scenarios are skipped; run only the variant that is there: --variant'),
  ];
}

/** Pods have a network by the installation's values alone: what has no proxy counts as on none. */
function checkNetworkLabel({ name, client, mesh }: MeshMember): Finding[] {
  const { network, networkIsLabelled = true } = mesh;
  if (network === null || networkIsLabelled) return [];
  const message = `the namespace istio-system has no label ${LABEL}; that the cluster is on ${network} is told by its injector alone (values.global.network)`;
  return [
    about(name).warning(message, `${kubectl(client)} label namespace istio-system ${LABEL}=${network}`),
  ];
}

/** Is any pair of clusters on one network where the variant wants two, or the other way round? */
function differs(members: readonly MeshMember[]): boolean {
  return members.some((a) =>
    members.some((b) => (a.expectedNetwork === b.expectedNetwork) !== (a.mesh.network === b.mesh.network)),
  );
}

/** Where clusters are on several networks: has each a gateway with an address? */
export function checkGateways(members: readonly MeshMember[]): Finding[] {
  if (!hasSeveralNetworks(members.map(({ mesh }) => mesh))) return [];
  return members.flatMap(({ name, client, mesh }) => {
    const { eastWestGateway: gateway, network } = mesh;
    const say = about(name);
    if (gateway === null) {
      const message = `no east-west gateway: no Service with port 15443 (or that of its label networking.istio.io/gatewayPort) and label ${LABEL}=${network ?? ''}`;
      return [say.warning(message, `${kubectl(client)} get services -A -l ${LABEL}`)];
    }
    if (gateway.addresses.length > 0) return [];
    const message = `the east-west gateway ${gateway.namespace}/${gateway.service} has no address; other networks cannot enter`;
    return [
      say.warning(message, `${kubectl(client)} -n ${gateway.namespace} describe service ${gateway.service}`),
    ];
  });
}

/** Versions of the control planes, and whether they are further apart than Istio supports (one minor version). */
export function checkVersions(members: readonly MeshMember[]): Finding[] {
  const versions = members.flatMap(({ mesh }) => mesh.controlPlanes.map(({ version }) => version));
  if (new Set(versions).size <= 1) return [];
  const minors = versions.flatMap((text) => readVersion(text)?.[1] ?? []);
  const seen = listed(
    members,
    ({ mesh }) => mesh.controlPlanes.map(({ version }) => version).join(' and ') || 'no istiod pod',
  );
  const message = `control planes of several versions (${seen})`;
  if (minors.length === 0 || Math.max(...minors) - Math.min(...minors) <= 1)
    return [about(MESH).info(message)];
  return [
    about(MESH).warning(
      `${message}, more than one minor version apart`,
      'upgrade the older ones: istioctl upgrade',
    ),
  ];
}

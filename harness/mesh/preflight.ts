import type { Cluster } from '../cluster/cluster.ts';
import { reasonOf } from '../provider/kubeconfig/reason.ts';
import { about } from '../provider/preflight/findings.ts';
import type { Finding } from '../provider/types.ts';
import { checkInjection } from './preflight/injection.ts';
import { clusterDomainsOfInjectors } from './istio/injector-values.ts';
import { meshConfigsOf } from './istio/mesh-config.ts';
import { checkDiscovered } from './preflight/discovered.ts';
import { checkMeshWide } from './preflight/mesh-wide.ts';
import { checkMutualTls } from './preflight/policies.ts';
import { checkGateways, checkIds, checkNetworks, checkRoots, checkVersions } from './preflight/compare.ts';
import { checkRemoteSecrets, checkSync } from './preflight/remote-secrets.ts';
import type { MeshInCluster } from './types.ts';

export { discoveryOf, whyOtherDiscovery, type Discovery } from './preflight/discovery.ts';
export { variantOfClusters, whyUnfit } from './preflight/compare.ts';

/** One cluster of an existing mesh. */
export interface MeshMember {
  readonly name: string;
  readonly client: Cluster;
  /** What was read from it. */
  readonly mesh: MeshInCluster;
  /** Its network in the variant that is to run. Names may differ; which clusters share one may not. */
  readonly expectedNetwork: string;
  /** Labels that namespaces get besides the harness's own. @default none */
  readonly namespaceLabels?: Readonly<Record<string, string>>;
}

/**
 * What is odd about a mesh that is there already. All of it are warnings, since judging a broken mesh is what the
 * scenarios are for; only a cluster without any mesh, one of another cluster domain, or one whose control plane would not
 * see the run's namespaces, is an error.
 */
export async function meshPreflight(members: readonly MeshMember[]): Promise<Finding[]> {
  const absent = (await Promise.all(members.map(checkPresence))).flat();
  if (absent.length > 0) return absent;
  const perMember = await Promise.all(members.map((member) => lookAt(member, members)));
  return [
    ...checkRoots(members),
    ...checkIds(members),
    ...checkNetworks(members),
    ...checkGateways(members),
    ...checkVersions(members),
    ...perMember.flat(),
  ];
}

async function lookAt(member: MeshMember, members: readonly MeshMember[]): Promise<Finding[]> {
  const peers = members.filter(({ name }) => name !== member.name);
  const found = await Promise.all([
    checkRemoteSecrets(member, peers),
    checkSync(member, peers),
    checkInjection(member),
    checkMutualTls(member),
    checkMeshConfigs(member),
    checkClusterDomain(member),
  ]);
  return found.flat();
}

async function checkMeshConfigs(member: MeshMember): Promise<Finding[]> {
  const configs = await meshConfigsOf(member.client, member.mesh.controlPlanes);
  return [...checkDiscovered(member, configs), ...(await checkMeshWide(member, configs))];
}

/** Names of services are written out in manifests, and looked for in what proxies tell. */
async function checkClusterDomain({ name, client, mesh }: MeshMember): Promise<Finding[]> {
  const others = (await clusterDomainsOfInjectors(client, mesh.controlPlanes)).filter(
    (domain) => domain !== 'cluster.local',
  );
  const remedy = 'use clusters whose domain is cluster.local, as kubeadm and kind make them';
  return others.map((domain) =>
    about(name).error(
      `its cluster domain is ${domain}; the documents' names, and so the checks, end in cluster.local`,
      remedy,
    ),
  );
}

async function checkPresence({ name, client }: MeshMember): Promise<Finding[]> {
  const say = about(name);
  try {
    const list = (await client.request('GET', '/apis')) as {
      readonly groups?: readonly { readonly name: string }[];
    };
    if (list.groups?.some((group) => group.name === 'networking.istio.io')) return [];
    const message = 'there is no Istio: the API server has no networking.istio.io';
    return [say.error(message, 'install the mesh first, or let it be installed: --install-mesh')];
  } catch (error) {
    return [say.error(`its mesh cannot be looked at: ${reasonOf(error)}`, 'npx meshproof doctor')];
  }
}

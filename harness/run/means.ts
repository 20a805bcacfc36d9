import type { Cluster } from '../cluster/cluster.ts';
import type { KubernetesObject } from '../cluster/types.ts';
import type { Means } from '../mesh/features.ts';
import type { Member } from '../mesh/types.ts';
import type { Provider } from '../provider/types.ts';
import { whyNoSecondRevision } from './second-revision.ts';
import type { Run } from './setup.ts';

/** What a run may do with its clusters, and what they have beside the mesh. */
export async function readMeans(
  run: Run,
  provider: Provider,
  { members, variant }: { readonly members: readonly Member[]; readonly variant: string },
): Promise<Means> {
  const { options } = run;
  const [places, gatewayApis, cannotInstall] = await Promise.all([
    Promise.all(
      members.map(async ({ client, topology }) => ({ topology, seen: await localitiesOf(client) })),
    ),
    Promise.all(members.map(({ client }) => hasGatewayApi(client))),
    whyNoSecondRevision(
      provider,
      members.map(({ client }) => client),
      options.istioctlBin,
    ),
  ]);
  return {
    mayDisrupt: provider.ownsClusters || !provider.meshIsThere || options.allowDisruption,
    canFreeze: provider.freezer !== undefined,
    cannotInstall,
    discovery: variant !== 'replicated',
    places,
    gatewayApi: gatewayApis.every(Boolean),
    reachesGateways: whyNoVisitors(provider),
  };
}

/** Why ingress gateways cannot be called from where the harness runs; undefined where they can. */
function whyNoVisitors({ name }: Provider): string | undefined {
  return name === 'kind' && process.platform !== 'linux'
    ? 'the addresses of kind nodes cannot be reached from outside Docker on this system'
    : undefined;
}

/** `REGION/ZONE` of a cluster's nodes, each once; empty where there are none, or where they may not be looked at. */
async function localitiesOf(client: Cluster): Promise<string[]> {
  const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' }).catch((): KubernetesObject[] => []);
  const all = nodes.map(({ metadata: { labels = {} } }) =>
    ['region', 'zone'].map((part) => labels[`topology.kubernetes.io/${part}`] ?? '').join('/'),
  );
  return [...new Set(all)].sort();
}

async function hasGatewayApi(client: Cluster): Promise<boolean> {
  const list = (await client.request('GET', '/apis').catch(() => ({}))) as {
    readonly groups?: readonly { readonly name: string }[];
  };
  return list.groups?.some(({ name }) => name === 'gateway.networking.k8s.io') ?? false;
}

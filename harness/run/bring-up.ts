import { placeOf } from '../provider/place-of.ts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../cluster/cluster.ts';
import { detectFeatures } from '../mesh/features.ts';
import { environmentOf, installExternally } from '../mesh/external.ts';
import { readManifest } from '../mesh/manifests.ts';
import { readMesh } from '../mesh/istio/facts.ts';
import { installMesh, reintroduce, type RisingMesh } from '../mesh/istio/install.ts';
import type { IstioSettings } from '../mesh/istio/settings.ts';
import { readMeans } from './means.ts';
import { discoveryOf, whyUnfit, type Discovery } from '../mesh/preflight.ts';
import type { Member, MeshFacts, MissingFeatures } from '../mesh/types.ts';
import type { Provider, Rising } from '../provider/types.ts';
import { RunState } from '../state/state.ts';
import { hasSeveralNetworks, type ClusterTopology } from '../topology/topology.ts';
import { poll } from '../wait/wait.ts';
import { userPath, type Run } from './setup.ts';
import { timed } from './timed.ts';

/** Clusters with a mesh, ready for applications. */
export interface Ready {
  readonly members: readonly Member[];
  readonly mesh: MeshFacts;
  readonly missing: MissingFeatures;
  /** Why the clusters are not in the variant that was wanted, as their networks, gateways and control planes show. */
  readonly unfit: string | undefined;
  /** Whether control planes know of the other clusters; undefined for a mesh that the harness made. */
  readonly discovery: Discovery | undefined;
}

/** One variant of a suite's topology on the way up. */
export interface Wanted {
  readonly suite: string;
  readonly variant: string;
  readonly lane?: string;
  readonly clusters: readonly ClusterTopology[];
  /** Called with each cluster that the harness installs a mesh into, as soon as proxies are injected there. */
  readonly whenInjecting?: (member: Member) => Promise<void>;
}

/** Where what belongs to the clusters of a bench is kept: kubeconfigs, logs. */
export const benchDirectory = (
  run: Pick<Run, 'clustersOf'>,
  { suite, variant, lane }: Pick<Wanted, 'suite' | 'variant' | 'lane'>,
): string =>
  join(
    new RunState(run.clustersOf).directory,
    lane === undefined ? variant : [suite, variant, lane].join('-'),
  );

/** What a bench's stages are called. */
export const labelOf = ({ variant, lane }: Pick<Wanted, 'variant' | 'lane'>): string =>
  lane === undefined ? variant : `${variant} ${lane}`;

/** Brings up clusters and mesh, everything at once that can be; each stage is timed. */
export async function bringUp(run: Run, provider: Provider, wanted: Wanted): Promise<Ready> {
  const directory = benchDirectory(run, wanted);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const say = (text: string): void => {
    run.log.append({ type: 'progress', text });
  };
  const rising = provider.up({
    runId: run.clustersOf,
    clusters: wanted.clusters,
    directory,
    signal: run.signal,
    say,
  });
  const members = new Map(
    wanted.clusters.map(
      (topology) =>
        [
          topology.name,
          member(run, wanted, { topology, rising: rising.clusters.get(topology.name) }),
        ] as const,
    ),
  );
  try {
    await meshOn(run, provider, {
      rising,
      members,
      directory,
      wanted,
      say,
      stays: !provider.ownsClusters,
    });
    return await readAll(run, provider, {
      members: await Promise.all(members.values()),
      variant: wanted.variant,
    });
  } catch (error) {
    // What is still being made has to be there before it can be torn down.
    await Promise.allSettled([...members.values(), rising.joined]);
    const closed = [...members.values()].map(async (rising) => (await rising).client.close());
    await Promise.allSettled(closed);
    throw error;
  }
}

interface OnTheWay {
  readonly rising: Rising;
  readonly members: ReadonlyMap<string, Promise<Member>>;
  readonly directory: string;
  readonly wanted: Wanted;
  /** The clusters were there before the run, and are there after it. */
  readonly stays: boolean;
  readonly say: (text: string) => void;
}

async function meshOn(run: Run, provider: Provider, way: OnTheWay): Promise<void> {
  const { rising, wanted } = way;
  if (provider.meshIsThere) {
    await rising.joined;
    return;
  }
  await timed(run, { name: 'mesh', suite: wanted.suite, variant: labelOf(wanted) }, async () => {
    const settings = settingsOf(run, way);
    await Promise.all([installed(run, way, settings), rising.joined, withGatewayApi(run, way)]);
  });
}

type RisingCluster = ReturnType<Provider['up']>['clusters'] extends ReadonlyMap<string, infer P> ? P : never;

async function member(
  run: Run,
  wanted: Wanted,
  cluster: { readonly topology: ClusterTopology; readonly rising: RisingCluster | undefined },
): Promise<Member> {
  const { topology, rising } = cluster;
  return timed(
    run,
    { name: 'clusters', suite: wanted.suite, variant: labelOf(wanted), cluster: topology.name },
    async () => {
      if (rising === undefined) throw new Error(`the provider gave no cluster ${topology.name}`);
      const provided = await rising;
      const client = await connect({
        name: topology.name,
        kubeconfig: provided.kubeconfig,
        context: provided.context,
      });
      const { timeout: timeoutMs } = run.options;
      const what = `the API server of ${topology.name}`;
      const waiting = { what, timeoutMs, intervalMs: 300, signal: run.signal, isTransient: () => true };
      await poll(waiting, () => client.version());
      return { topology, provided, client };
    },
  );
}

async function installed(run: Run, way: OnTheWay, settings: IstioSettings): Promise<void> {
  const { installer, reuse } = run.options;
  if (reuse !== undefined) {
    if (installer === undefined) await reintroduce(await Promise.all(way.members.values()), settings);
  } else if (installer !== undefined) {
    await installedBy(userPath(installer), run, way);
  } else {
    await willUninstall(run, way);
    const mesh = installMesh(way.wanted.clusters, way.members, settings);
    startAhead(way, mesh);
    await mesh.ready;
  }
}

/** Istio sees definitions that come while it runs. */
async function withGatewayApi({ options }: Run, { members }: OnTheWay): Promise<void> {
  if (options.gatewayApi === undefined || options.reuse !== undefined) return;
  const definitions = readManifest(userPath(options.gatewayApi));
  await Promise.all([...members.values()].map(async (rising) => (await rising).client.applyAll(definitions)));
}

/** A vendor's own program installs the mesh, and is called to remove it from clusters that stay. */
async function installedBy(program: string, run: Run, way: OnTheWay): Promise<void> {
  const members = await Promise.all(way.members.values());
  const directory = join(way.directory, 'installer');
  const timeoutMs = 4 * run.options.timeout;
  const env = await environmentOf(directory, members);
  if (way.stays) run.state.willUndo({ kind: 'installer', program, directory, env, timeoutMs });
  await installExternally({ program, directory, timeoutMs, signal: run.signal }, env);
}

/** Clusters that stay get rid of the mesh when the run is over, or by `clean`. */
async function willUninstall(run: Run, { members, stays }: OnTheWay): Promise<void> {
  if (!stays) return;
  for (const { provided } of await Promise.all(members.values())) {
    run.state.willUndo({ kind: 'mesh', program: run.options.istioctlBin, ...placeOf(provided) });
  }
}

/** What can be begun before the mesh is complete. Whatever fails is done again later, and told then. */
function startAhead({ members, wanted }: OnTheWay, mesh: RisingMesh): void {
  const { whenInjecting } = wanted;
  if (whenInjecting === undefined) return;
  for (const [name, rising] of members) {
    void mesh.injects
      .get(name)
      ?.then(async () => whenInjecting(await rising))
      .catch(() => undefined);
  }
}

function settingsOf(run: Run, way: OnTheWay): IstioSettings {
  const { options } = run;
  return {
    istioctl: { program: options.istioctlBin, directory: way.directory, signal: run.signal },
    hub: options.istioHub,
    tag: options.istioTag,
    overlays: options.installValues === undefined ? [] : [userPath(options.installValues)],
    loadBalancer: options.loadBalancer,
    gateways: hasSeveralNetworks(way.wanted.clusters),
    discovery: way.wanted.variant !== 'replicated',
    say: way.say,
  };
}

/** Reads the mesh as it is, whoever installed it, and tells the report. */
async function readAll(
  run: Run,
  provider: Provider,
  { members, variant }: { readonly members: readonly Member[]; readonly variant: string },
): Promise<Ready> {
  const { options } = run;
  const injection = options.injectionLabel;
  const clusters = await Promise.all(
    members.map(({ client, topology }) => readMesh({ client, injection, primary: topology.primary })),
  );
  const { features, missing } = detectFeatures(
    clusters,
    await readMeans(run, provider, { members, variant }),
  );
  const versions = [
    ...new Set(clusters.flatMap(({ controlPlanes }) => controlPlanes.map(({ version }) => version))),
  ];
  const mesh: MeshFacts = {
    name: provider.meshName ?? 'Istio',
    version: versions.join(', ') || 'unknown',
    dataPlane: 'sidecar',
    clusters: Object.fromEntries(clusters.map((one) => [one.cluster, one])),
    features,
  };
  // First: else the report would say of the earlier run's evidence that it is about this mesh.
  checkVersion(run, mesh);
  await describeEnvironment(run, provider, { members, mesh });
  const unfit = whyUnfit(
    variant,
    members.map(({ topology }) => topology),
    clusters,
  );
  const clients = members.map(({ client }) => client);
  // A mesh that the harness made is in the variant that it was made for, also when it is broken on purpose.
  const isOurs = !provider.meshIsThere || provider.ownsClusters;
  const discovery = isOurs ? undefined : await discoveryOf(clients, clusters);
  return { members, mesh, missing, unfit, discovery };
}

async function describeEnvironment(
  run: Run,
  provider: Provider,
  found: { readonly members: readonly Member[]; readonly mesh: MeshFacts },
): Promise<void> {
  const { mesh, members } = found;
  const clusters = await Promise.all(
    members.map(async ({ topology, provided, client }) => ({
      name: topology.name,
      kubernetesVersion: await client.version().catch(() => null),
      nodeImage: provided.nodeImage ?? null,
      network: mesh.clusters[topology.name]?.network ?? null,
      platform: provider.name,
    })),
  );
  const { name, version, dataPlane, features } = mesh;
  run.log.append({
    type: 'environment',
    environment: {
      provider: provider.name,
      mesh: { name, version, dataPlane },
      clusters,
      capabilities: [...features],
    },
  });
}

/** Evidence of two versions of a mesh is not evidence about one. */
function checkVersion({ earlier, log }: Run, mesh: MeshFacts): void {
  if (earlier === undefined) return;
  const before = earlier.mesh?.version ?? 'unknown';
  const goesOn = earlier.decided.length + earlier.carried.length > 0;
  if (before === 'unknown' && goesOn) {
    const text = `run ${earlier.id} could not tell the version of the mesh that it measured; whether it was this one, ${mesh.version}, is not known`;
    log.append({ type: 'note', level: 'warning', text });
  }
  if (before === 'unknown' || before === mesh.version) return;
  throw new Error(
    `run ${earlier.id} measured ${mesh.name} ${before}, and this is ${mesh.version}: its evidence does not count here. Start a new run without --continue`,
  );
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../cluster/cluster.ts';
import { detectFeatures } from '../mesh/features.ts';
import { readMesh } from '../mesh/istio/facts.ts';
import { installMultiPrimary, reintroduce, type IstioSettings } from '../mesh/istio/install.ts';
import type { Member, MeshFacts, MissingFeatures } from '../mesh/types.ts';
import type { Provider, Rising } from '../provider/types.ts';
import { RunState } from '../state/state.ts';
import type { ClusterTopology } from '../topology/topology.ts';
import { poll } from '../wait/wait.ts';
import { userPath, type Run } from './setup.ts';
import { timed } from './timed.ts';

/** Clusters with a mesh, ready for applications. */
export interface Ready {
  readonly members: readonly Member[];
  readonly mesh: MeshFacts;
  readonly missing: MissingFeatures;
}

/** One variant of a suite's topology on the way up. */
export interface Wanted {
  readonly suite: string;
  readonly variant: string;
  readonly clusters: readonly ClusterTopology[];
}

/** Brings up clusters and mesh, everything at once that can be; each stage is timed. */
export async function bringUp(run: Run, provider: Provider, wanted: Wanted): Promise<Ready> {
  const directory = join(new RunState(run.clustersOf).directory, wanted.variant);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const say = (text: string): void => {
    run.log.append({ type: 'progress', text });
  };
  const rising = provider.up({ runId: run.clustersOf, clusters: wanted.clusters, directory, signal: run.signal, say });
  const members = new Map(
    wanted.clusters.map((topology) => [topology.name, member(run, wanted, { topology, rising: rising.clusters.get(topology.name) })] as const),
  );
  try {
    await meshOn(run, provider, { rising, members, directory, wanted, say });
    return await readAll(run, provider, await Promise.all(members.values()));
  } catch (error) {
    // What is still being made has to be there before it can be torn down.
    await Promise.allSettled([...members.values(), rising.joined]);
    throw error;
  }
}

interface OnTheWay {
  readonly rising: Rising;
  readonly members: ReadonlyMap<string, Promise<Member>>;
  readonly directory: string;
  readonly wanted: Wanted;
  readonly say: (text: string) => void;
}

async function meshOn(run: Run, provider: Provider, way: OnTheWay): Promise<void> {
  const { rising, members, wanted } = way;
  if (provider.meshIsThere) {
    await rising.joined;
    return;
  }
  await timed(run, { name: 'mesh', suite: wanted.suite, variant: wanted.variant }, async () => {
    const settings = settingsOf(run, way);
    const mesh =
      run.options.reuse === undefined
        ? installMultiPrimary(members, settings).ready
        : Promise.all(members.values()).then((all) => reintroduce(all, settings));
    await Promise.all([mesh, rising.joined]);
  });
}

type RisingCluster = ReturnType<Provider['up']>['clusters'] extends ReadonlyMap<string, infer P> ? P : never;

async function member(
  run: Run,
  wanted: Wanted,
  cluster: { readonly topology: ClusterTopology; readonly rising: RisingCluster | undefined },
): Promise<Member> {
  const { topology, rising } = cluster;
  return timed(run, { name: 'clusters', suite: wanted.suite, variant: wanted.variant, cluster: topology.name }, async () => {
    if (rising === undefined) throw new Error(`the provider gave no cluster ${topology.name}`);
    const provided = await rising;
    const client = await connect({ name: topology.name, kubeconfig: provided.kubeconfig, context: provided.context });
    await poll(
      { what: `the API server of ${topology.name}`, timeoutMs: run.options.timeout, intervalMs: 300, signal: run.signal, isTransient: () => true },
      () => client.version(),
    );
    return { topology, provided, client };
  });
}

function settingsOf(run: Run, way: OnTheWay): IstioSettings {
  const { options } = run;
  return {
    istioctl: { program: options.istioctlBin, directory: way.directory, signal: run.signal },
    hub: options.istioHub,
    tag: options.istioTag,
    overlays: options.installValues === undefined ? [] : [userPath(options.installValues)],
    loadBalancer: options.loadBalancer,
    gateways: new Set(way.wanted.clusters.map(({ network }) => network)).size > 1,
    say: way.say,
  };
}

/** Reads the mesh as it is, whoever installed it. */
async function readAll(run: Run, provider: Provider, members: readonly Member[]): Promise<Ready> {
  const { options } = run;
  const clusters = await Promise.all(members.map(({ client }) => readMesh(client, options.injectionLabel)));
  const installed = !provider.meshIsThere;
  const { features, missing } = detectFeatures(clusters, {
    mayDisrupt: installed || options.allowDisruption,
    canFreeze: provider.freeze !== undefined,
    canInstall: true,
  });
  const versions = [...new Set(clusters.flatMap(({ controlPlanes }) => controlPlanes.map(({ version }) => version)))];
  const mesh: MeshFacts = {
    name: 'Istio',
    version: versions.join(', ') || 'unknown',
    dataPlane: 'sidecar',
    clusters: Object.fromEntries(clusters.map((found) => [found.cluster, found])),
    features,
  };
  return { members, mesh, missing };
}

/** A whole world in this process: API servers, kubelets and meshes of all clusters, wired as their documents say. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../wait/wait.ts';
import { takeBlock, type Block } from './addresses.ts';
import { createStore, startApiServer, type ApiServer } from './api-server/server.ts';
import { effectsOf, type Effects, type Place } from './defects/index.ts';
import { meshObjects, READER, remoteSecret, SYSTEM } from './install.ts';
import { startCluster } from './kubelet/index.ts';
import { cacertsOf, createMesh, createRoot, refuse } from './mesh/index.ts';
import { accountKubeconfig } from './remote-access.ts';
import {
  ApiError,
  type ClusterSpec,
  type MeshHooks,
  type Resource,
  type Store,
  type WorldSpec,
} from './types.ts';
import type { WorldMessage } from './world-file.ts';

/** A cluster that runs. */
interface RunningCluster {
  readonly spec: ClusterSpec;
  readonly place: Site['place'];
  readonly store: Store;
  readonly api: ApiServer;
  readonly node: ReturnType<typeof startCluster>;
  readonly close: () => Promise<void>;
}

/** A world that runs. */
export interface World {
  /** Stops a cluster's node, or its API server alone: nothing is closed, nothing answers. */
  freeze(cluster: string, part: 'node' | 'api-server'): void;
  thaw(cluster: string, part: 'node' | 'api-server'): void;
  close(): Promise<void>;
}

/** A cluster before it runs. */
interface Site {
  readonly spec: ClusterSpec;
  readonly block: Block;
  readonly store: Store;
  readonly place: Omit<Place, 'value'>;
}

/** Starts a world. `tell` learns of each cluster when its API server answers; the promise resolves when the mesh is complete. */
export async function startWorld(spec: WorldSpec, tell: (message: WorldMessage) => void): Promise<World> {
  await mkdir(spec.directory, { recursive: true, mode: 0o700 });
  const effects = effectsOf(spec.defects);
  const root = await createRoot();
  const needsGateway = new Set(spec.clusters.map(({ network }) => network)).size > 1;
  const sites = await Promise.all(spec.clusters.map((one, index) => siteOf(one, index, spec.timeScale)));
  const clusters = await Promise.all(
    sites.map(async (site) => {
      const cluster = await startOne(site, { spec, sites, effects, root });
      const signer = effects.hasOtherRoot(site.place) ? await createRoot('Another root CA') : root;
      const authority = await cacertsOf(signer, site.spec.name);
      create(site, meshObjects({ spec: site.spec, authority, needsGateway }), effects);
      tell(await announce(cluster, spec.directory));
      return cluster;
    }),
  );
  await introduce(clusters, effects);
  if (!effects.isIncomplete) await Promise.all(clusters.map(({ store }) => complete(store, needsGateway)));
  const end = effects.goesOn(clusters);
  return worldOf(clusters, end);
}

async function siteOf(spec: ClusterSpec, index: number, timeScale: number): Promise<Site> {
  const block = await takeBlock();
  const isOwn = (address: string): boolean => block.owns(address);
  const place = { cluster: spec.name, isFirst: index === 0, timeScale, isOwn };
  return { spec, block, store: createStore(), place };
}

function create(
  { store, place }: Pick<Site, 'store' | 'place'>,
  objects: Resource[],
  effects: Effects,
): void {
  for (const object of objects) {
    const wanted = effects.object(object, place);
    if (wanted !== undefined) store.create(wanted);
  }
}

/** Packets to pods of another network are lost; its gateway's address is for everyone. */
function reaches(from: ClusterSpec, sites: readonly Site[], address: string): boolean {
  const home = sites.find(({ block }) => block.owns(address));
  if (home === undefined || home.spec.network === from.network) return true;
  return home.store.list('Service').some((service) => {
    const { loadBalancer } = (service['status'] ?? {}) as { loadBalancer?: { ingress?: { ip?: string }[] } };
    return loadBalancer?.ingress?.some(({ ip }) => ip === address) === true;
  });
}

function worldOf(clusters: readonly RunningCluster[], end: () => void): World {
  const find = (name: string): RunningCluster => {
    const found = clusters.find(({ spec }) => spec.name === name);
    if (found === undefined) throw new Error(`there is no cluster ${name}`);
    return found;
  };
  return {
    freeze: (name, part) => {
      const { api, node } = find(name);
      api.freeze();
      if (part === 'node') node.freeze();
    },
    thaw: (name, part) => {
      const { api, node } = find(name);
      if (part === 'node') node.unfreeze();
      api.thaw();
    },
    close: async () => {
      end();
      await Promise.all(clusters.map(({ close }) => close()));
    },
  };
}

interface Around {
  readonly spec: WorldSpec;
  readonly sites: readonly Site[];
  readonly effects: Effects;
  readonly root: Awaited<ReturnType<typeof createRoot>>;
}

async function startOne({ spec, block, store, place }: Site, around: Around): Promise<RunningCluster> {
  const { effects, sites, root } = around;
  const { timeScale } = around.spec;
  const directory = join(around.spec.directory, `${spec.name}-pods`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const isReachable = (address: string): boolean => reaches(spec, sites, address);
  const alter = effects.alter(place);
  const { waitsForOthers } = effects;
  const flaw = effects.certificates(place);
  const mesh = createMesh({ spec, store, root, timeScale, isReachable, alter, flaw, waitsForOthers });
  const hooks: MeshHooks = {
    inject: (pod) => mesh.inject(pod),
    controlPlane: (pod, path) => mesh.controlPlane(pod, path),
    isControlPlaneReady: (pod) => mesh.isControlPlaneReady(pod),
    freeze: (frozen) => {
      mesh.freeze(frozen);
    },
    startProxy: async (pod, address, appAddress) => {
      const proxy = await mesh.startProxy(pod, address, appAddress);
      if (effects.neverReady(pod, place)) Object.defineProperty(proxy, 'isReady', { value: () => false });
      return proxy;
    },
  };
  const node = startCluster({ spec, store, mesh: hooks, addresses: block, timeScale, directory });
  const token = randomBytes(24).toString('hex');
  const { kubelet } = node;
  const api = await startApiServer({ store, kubelet, token, name: spec.name, validate: refuseUnimplemented });
  const close = async (): Promise<void> => {
    await node.close();
    await mesh.close();
    await api.close();
    block.release();
  };
  return { spec, place, store, api, node, close };
}

/** A field that the mesh does not implement is refused, never ignored: as by Istio's own validation. */
function refuseUnimplemented(object: Resource): void {
  const why = refuse(object);
  if (why !== undefined)
    throw new ApiError(
      400,
      'BadRequest',
      `admission webhook "validation.istio.io" denied the request: ${why}`,
    );
}

async function announce({ spec, api }: RunningCluster, directory: string): Promise<WorldMessage> {
  const { name } = spec;
  const kubeconfig = join(directory, `${name}.kubeconfig`);
  await writeFile(kubeconfig, api.kubeconfig, { mode: 0o600 });
  return { type: 'cluster', name, kubeconfig, server: api.url };
}

/** Every control plane is given a secret for each of the other clusters: the token of a reader there. */
async function introduce(clusters: readonly RunningCluster[], effects: Effects): Promise<void> {
  await Promise.all(
    clusters.map(async ({ spec: { name }, api }) => {
      const kubeconfig = await accountKubeconfig(api, { cluster: name, namespace: SYSTEM, account: READER });
      for (const other of clusters.filter(({ spec }) => spec.name !== name)) {
        create(other, [remoteSecret(name, kubeconfig)], effects);
      }
    }),
  );
}

const LOOK_MS = 20;
const COMPLETE_MS = 60_000;

/** Resolves when all pods of the mesh are ready. */
async function complete(store: Store, needsGateway: boolean): Promise<void> {
  const wanted = needsGateway ? ['istiod', 'istio-eastwestgateway'] : ['istiod'];
  const deadline = Date.now() + COMPLETE_MS;
  for (;;) {
    const missing = wanted.filter((name) => !isAvailable(store, name));
    if (missing.length === 0) return;
    if (Date.now() > deadline) throw new Error(`not ready after 60 s: ${missing.join(', ')} in ${SYSTEM}`);
    await sleep(LOOK_MS);
  }
}

function isAvailable(store: Store, name: string): boolean {
  const found = store.get({ kind: 'Deployment', name, namespace: SYSTEM });
  const { availableReplicas = 0 } = (found?.['status'] ?? {}) as { availableReplicas?: number };
  return availableReplicas > 0;
}

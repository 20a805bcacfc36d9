/** A whole world in this process: API servers, kubelets and meshes of all clusters, wired as their documents say. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeBlock, type Block } from './addresses.ts';
import { requestDeletion } from './api-server/deletion.ts';
import { createStore, startApiServer, type ApiServer } from './api-server/server.ts';
import { refOf } from './api-server/store.ts';
import type { Deeds } from './door.ts';
import { effectsOf, type Effects, type Place } from './defects/index.ts';
import { controlPlaneObjects, meshObjects, READER, remoteSecret, SYSTEM } from './install.ts';
import { addressFollowed, callsItsInjector, controlPlaneAddresses, remoteObjects } from './install-remote.ts';
import { startCluster } from './kubelet/index.ts';
import { type Alter, cacertsOf, createRoot, Mesh, type Primary, refuse } from './mesh/index.ts';
import { serviceFields } from './mesh/control/fields.ts';
import { addressOf, complete, joined } from './completion.ts';
import { hasAddresses, usePorts } from './places.ts';
import { ApiError, type ClusterSpec, type Resource, type Store, type WorldSpec } from './types.ts';
import type { WorldMessage } from './world-file.ts';

/** A cluster that runs. */
interface RunningCluster extends Site {
  readonly api: ApiServer;
  readonly node: ReturnType<typeof startCluster>;
  readonly close: () => Promise<void>;
}

/** A world that runs. */
export interface World extends Omit<Deeds, 'end'> {
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
  if (!(await hasAddresses())) usePorts(join(spec.directory, 'places'));
  const effects = effectsOf(spec.defects);
  const root = await createRoot();
  const needsGateway = new Set(spec.clusters.map(({ network }) => network)).size > 1;
  const sites = await Promise.all(spec.clusters.map((one, index) => siteOf(one, index, spec.timeScale)));
  const alters = new Map(sites.map(({ spec: { name }, place }) => [name, effects.alter(place)]));
  const alter: Alter = (config, node) => alters.get(node.cluster)?.(config, node) ?? config;
  const around = { spec, sites, effects, root, alter, meshes: new Map<string, Mesh>() };
  const clusters = await Promise.all(
    sites.map(async (site) => {
      const cluster = await startOne(site, around);
      create(site, await objectsOf(site, { ...around, needsGateway }), effects);
      tell(await announce(cluster, spec.directory));
      return cluster;
    }),
  );
  if (spec.discovery || effects.discovers) introduce(clusters, effects);
  if (!effects.isIncomplete)
    await Promise.all(
      clusters.map((one) =>
        one.spec.primary === undefined ? complete(one, needsGateway) : joined(one.store, needsGateway),
      ),
    );
  const end = effects.goesOn(clusters);
  return worldOf(clusters, effects, end);
}

/** What is installed in a cluster: a control plane, or the way to another cluster's. */
async function objectsOf(
  { spec, place }: Site,
  { sites, effects, root, needsGateway }: Around & { readonly needsGateway: boolean },
): Promise<Resource[]> {
  const { name, primary } = spec;
  if (primary !== undefined) {
    const home = sites.find((site) => site.spec.name === primary);
    const address = await addressOf(primary, home?.store);
    return remoteObjects({ ...spec, primary }, { address, needsGateway });
  }
  const signer = effects.hasOtherRoot(place) ? await createRoot('Another root CA') : root;
  const hasRemotes = sites.some((site) => site.spec.primary === name);
  return meshObjects({ spec, authority: await cacertsOf(signer, name), needsGateway, hasRemotes });
}

async function siteOf(spec: ClusterSpec, index: number, timeScale: number): Promise<Site> {
  const block = await takeBlock();
  const isOwn = (address: string): boolean => block.owns(address);
  const place = { cluster: spec.name, isFirst: index === 0, timeScale, isOwn };
  return { spec, block, store: createStore(), place };
}

function create({ store, place }: Site, objects: Resource[], effects: Effects): void {
  for (const object of objects) {
    const wanted = effects.object(object, place);
    if (wanted !== undefined) store.create(wanted);
  }
}

/** Packets to pods of another network are lost; its gateway's address is for everyone. */
function reaches(from: Site, { sites, effects }: Around, address: string): boolean {
  const home = sites.find(({ block }) => block.owns(address));
  if (home === undefined || home === from) return true;
  if (home.spec.network === from.spec.network && !effects.isCutOff) return true;
  return home.store
    .list('Service')
    .some(
      (service) =>
        serviceFields(service).status?.loadBalancer?.ingress?.some(({ ip }) => ip === address) === true,
    );
}

function worldOf(clusters: readonly RunningCluster[], effects: Effects, end: () => void): World {
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
    install: (name, revision) => {
      const cluster = find(name);
      create(cluster, controlPlaneObjects(cluster.spec, revision), effects);
    },
    uninstall: (name, revision) => {
      const { spec, store } = find(name);
      for (const object of controlPlaneObjects(spec, revision)) {
        const there = store.get(refOf(object));
        if (there !== undefined) requestDeletion(store, there);
      }
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
  readonly alter: Alter;
  /** By cluster. */
  readonly meshes: Map<string, Mesh>;
}

async function startOne(site: Site, around: Around): Promise<RunningCluster> {
  const { spec, block, store, place } = site;
  const { effects, sites, root, alter, meshes } = around;
  const { timeScale } = around.spec;
  const directory = join(around.spec.directory, `${spec.name}-pods`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const isReachable = (address: string, from: string): boolean =>
    reaches(sites.find((one) => one.spec.name === from) ?? site, around, address);
  const lost = sites.filter((to) => effects.isCutOff && to !== site).map((to) => to.block.prefix);
  const onControlPlane = (): void => {
    for (const other of meshes.values()) if (other !== mesh) other.look();
  };
  const primary = primaryOf(spec, store, around);
  const mesh: Mesh = new Mesh({
    ...{ spec, store, root, timeScale, isReachable, alter, onControlPlane },
    ...{ flaw: effects.certificates(place), waitsForOthers: effects.waitsForOthers },
    neverReady: (pod) => effects.neverReady(pod, place),
    ...(primary === undefined ? {} : { primary }),
  });
  meshes.set(spec.name, mesh);
  const node = startCluster({ spec, store, mesh, addresses: block, timeScale, lost, directory });
  const token = randomBytes(24).toString('hex');
  const { kubelet } = node;
  const webhooks = (object: Resource, isNew: boolean): Resource => {
    refuseUnimplemented(object);
    return isNew && object.kind === 'Pod' ? mesh.inject(object) : object;
  };
  const api = await startApiServer({ store, kubelet, token, name: spec.name, webhooks });
  const close = async (): Promise<void> => {
    await node.close();
    await mesh.close();
    await api.close();
    block.release();
  };
  return { ...site, api, node, close };
}

/**
 * For a remote cluster: the control plane that it gets to at the address that its Service istiod leads to. One of a defect may be
 * told to go to the first cluster's.
 */
function primaryOf(
  { primary, name }: ClusterSpec,
  remote: Store,
  { sites, effects, meshes }: Around,
): Primary | undefined {
  const first = sites[0]?.spec.name ?? name;
  if (effects.asksTheFirst && name !== first) return { injects: () => true, find: () => meshes.get(first) };
  if (primary === undefined) return undefined;
  return {
    injects: () => callsItsInjector(remote),
    find: () => {
      const address = addressFollowed(remote) ?? '';
      const home = sites.find(({ store }) => controlPlaneAddresses(store).includes(address));
      return home === undefined ? undefined : meshes.get(home.spec.name);
    },
  };
}

/** A field that the mesh does not implement is refused, never ignored: as by Istio's own validation. */
function refuseUnimplemented(object: Resource): void {
  const why = refuse(object);
  const denied = 'admission webhook "validation.istio.io" denied the request';
  if (why !== undefined) throw new ApiError(400, 'BadRequest', `${denied}: ${why}`);
}

async function announce({ spec, api }: RunningCluster, directory: string): Promise<WorldMessage> {
  const { name } = spec;
  const kubeconfig = join(directory, `${name}.kubeconfig`);
  await writeFile(kubeconfig, api.kubeconfig, { mode: 0o600 });
  return { type: 'cluster', name, kubeconfig, server: api.url };
}

/** Every control plane is given a secret for each of the other clusters: the token of its reader there. */
function introduce(clusters: readonly RunningCluster[], effects: Effects): void {
  for (const { spec, api, store } of clusters) {
    const account = store.get({ kind: 'ServiceAccount', namespace: SYSTEM, name: READER });
    if (account === undefined) throw new Error(`${spec.name} has no account ${READER}`);
    const kubeconfig = api.kubeconfigOf(account);
    for (const other of clusters)
      if (other.spec.name !== spec.name && other.spec.primary === undefined)
        create(other, [remoteSecret(spec.name, kubeconfig)], effects);
  }
}

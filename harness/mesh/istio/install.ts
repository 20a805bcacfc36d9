import { setMaxListeners } from 'node:events';
import { hasRemotes, type ClusterTopology } from '../../topology/topology.ts';
import type { Member } from '../types.ts';
import { cacerts, createIntermediate, createRoot, type Authority } from './certificates.ts';
import { exposeControlPlane, openGateway } from './gateway.ts';
import { waitForInjection } from './injection.ts';
import { introduce } from './introduce.ts';
import { install, writtenOperator } from './istioctl.ts';
import { controlPlaneAddressIn, gatewayOperator, istioOperator, remoteOperator } from './operator.ts';
import { SYSTEM_NAMESPACE, type IstioSettings } from './settings.ts';

/** A mesh on its way up. */
export interface RisingMesh {
  /** By cluster: proxies are injected into new pods. Applications may be deployed from here on. */
  readonly injects: ReadonlyMap<string, Promise<void>>;
  /** Everything is installed, exposed and introduced to each other. */
  readonly ready: Promise<void>;
}

/** One cluster's part in the installation: each promise is awaited by whoever needs just that. */
interface Site {
  /** Its namespace istio-system is as it has to be. */
  readonly prepared: Promise<Member>;
  readonly injects: Promise<void>;
  /** Everything in this cluster. */
  readonly done: Promise<unknown>;
  /** Where remote clusters reach this control plane; only asked of primaries. */
  readonly controlPlaneAddress: () => Promise<string>;
}

/**
 * Installs Istio into clusters that may still be on their way up, all at once: a control plane into each primary, and
 * into each remote what leads to its primary's.
 */
export function installMesh(
  clusters: readonly ClusterTopology[],
  members: ReadonlyMap<string, Promise<Member>>,
  wanted: IstioSettings,
): RisingMesh {
  const { settings, asOne } = together(wanted);
  const root = createRoot();
  root.catch(() => undefined); // awaited per cluster, possibly much later
  const sites = new Map<string, Site>();
  const rising = (name: string): Promise<Member> =>
    members.get(name) ?? Promise.reject(new Error(`there is no cluster ${name}`));
  for (const { name } of clusters.filter(({ role }) => role === 'primary')) {
    const ofPrimary = { ...settings, hasRemotes: hasRemotes(clusters, name) };
    sites.set(name, primarySite(rising(name), root, ofPrimary));
  }
  for (const { name, primary } of clusters.filter(({ role }) => role === 'remote')) {
    const home = sites.get(primary);
    if (home !== undefined) sites.set(name, remoteSite(rising(name), home, settings));
  }
  const prepared = new Map([...sites].map(([name, site]) => [name, site.prepared]));
  const work = [...sites.values()].flatMap(({ injects, done }) => [injects, done]);
  return {
    injects: new Map([...sites].map(([name, { injects }]) => [name, injects])),
    ready: asOne([...work, ...introduceAll(clusters, prepared, settings)]),
  };
}

/**
 * For clusters that were kept: the mesh is there, but nodes may have come back with other addresses. So gateways and
 * remote secrets are written again, and remote clusters whose control plane has another address are told so.
 */
export async function reintroduce(members: readonly Member[], wanted: IstioSettings): Promise<void> {
  const { settings, asOne } = together(wanted);
  const clusters = members.map(({ topology }) => topology);
  const prepared = new Map(members.map((member) => [member.topology.name, Promise.resolve(member)]));
  const opened = Promise.all(members.map((member) => openGateway(member, settings)));
  const joinAgain = async (remote: Member): Promise<void> => {
    const [primary] = members.filter(({ topology }) => topology.name === remote.topology.primary);
    await opened; // its gateway may be the way to the control plane
    if (primary === undefined) return;
    const address = await exposeControlPlane(primary, settings);
    // With the address that it has it stays as it was kept: today's options and istioctl may be others.
    const known = controlPlaneAddressIn(await writtenOperator(settings.istioctl, remote, 'istio'));
    if (known !== address) await installRemote(remote, address, settings);
  };
  const remotes = members.filter(({ topology }) => topology.role === 'remote');
  await asOne([opened, ...remotes.map(joinAgain), ...introduceAll(clusters, prepared, settings)]);
}

/** Work on several clusters: it is stopped in all of them with the run, and when it fails in one. */
function together(wanted: IstioSettings): {
  readonly settings: IstioSettings;
  readonly asOne: (work: readonly Promise<unknown>[]) => Promise<void>;
} {
  const { istioctl } = wanted;
  const stopped = new AbortController();
  setMaxListeners(0, stopped.signal);
  const stop = (): void => {
    stopped.abort(istioctl.signal.reason);
  };
  if (istioctl.signal.aborted) stop();
  istioctl.signal.addEventListener('abort', stop, { once: true });
  return {
    settings: { ...wanted, istioctl: { ...istioctl, signal: stopped.signal } },
    asOne: async (work) => {
      try {
        await Promise.all(work);
      } catch (error) {
        stopped.abort(error);
        throw error;
      } finally {
        istioctl.signal.removeEventListener('abort', stop);
      }
    },
  };
}

function primarySite(
  rising: Promise<Member>,
  root: Promise<Authority>,
  settings: IstioSettings & { readonly hasRemotes: boolean },
): Site {
  const prepared = rising.then((member) => preparePrimary(member, root));
  const installing = prepared.then((member) => installControlPlane(member, settings));
  const opened = prepared.then((member) => openGateway(member, settings));
  return {
    prepared,
    injects: race(
      prepared.then((member) => waitForInjection(member, member, settings.istioctl.signal)),
      installing,
    ),
    done: Promise.all([installing, opened]),
    controlPlaneAddress: async () => exposeControlPlane(await prepared, settings),
  };
}

function remoteSite(rising: Promise<Member>, home: Site, settings: IstioSettings): Site {
  const prepared = rising.then(prepareRemote);
  const installing = prepared.then(async (member) =>
    installRemote(member, await home.controlPlaneAddress(), settings),
  );
  const injects = race(
    Promise.all([prepared, home.prepared]).then(([member, primary]) =>
      waitForInjection(member, primary, settings.istioctl.signal),
    ),
    installing,
  );
  const gateway = settings.gateways
    ? Promise.all([prepared, injects]).then(([member]) => installRemoteGateway(member, settings))
    : Promise.resolve();
  return {
    prepared,
    injects,
    done: Promise.all([installing, gateway]),
    controlPlaneAddress: () => Promise.reject(new Error('a remote cluster has no control plane')),
  };
}

/** Resolves with the first, unless the second fails before: then a wait need not last until its deadline. */
async function race(wanted: Promise<void>, mustNotFail: Promise<unknown>): Promise<void> {
  await Promise.race([wanted, mustNotFail.then(() => wanted)]);
}

async function prepareNamespace(member: Member, annotations: Record<string, string> = {}): Promise<Member> {
  const labels = { 'topology.istio.io/network': member.topology.network };
  const metadata = { name: SYSTEM_NAMESPACE, labels, annotations };
  await member.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
  return member;
}

async function preparePrimary(member: Member, root: Promise<Authority>): Promise<Member> {
  const authority = await root;
  const intermediate = await createIntermediate(authority, member.topology.name);
  await prepareNamespace(member);
  await member.client.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cacerts', namespace: SYSTEM_NAMESPACE },
    stringData: await cacerts(authority, intermediate),
  });
  return member;
}

/** Without this annotation, present before its secret is, no control plane takes charge of the cluster's webhooks and trust. */
const prepareRemote = (member: Member): Promise<Member> =>
  prepareNamespace(member, { 'topology.istio.io/controlPlaneClusters': member.topology.primary });

async function installControlPlane(
  member: Member,
  settings: IstioSettings & { readonly hasRemotes: boolean },
): Promise<void> {
  settings.say(`installing Istio into ${member.topology.name}`);
  const { hub, tag, gateways: gateway, overlays } = settings;
  const wanted = { cluster: member.topology, hub, tag, gateway, hasRemotes: settings.hasRemotes };
  await install(settings.istioctl, member, { name: 'istio', operator: istioOperator(wanted), overlays });
}

async function installRemote(
  member: Member,
  controlPlaneAddress: string,
  settings: IstioSettings,
): Promise<void> {
  settings.say(`joining ${member.topology.name} to the control plane of ${member.topology.primary}`);
  const { hub, tag, overlays } = settings;
  const operator = remoteOperator({ cluster: member.topology, hub, tag, controlPlaneAddress });
  await install(settings.istioctl, member, { name: 'istio', operator, overlays });
}

async function installRemoteGateway(member: Member, settings: IstioSettings): Promise<void> {
  const { hub, tag, overlays } = settings;
  const operator = gatewayOperator({ cluster: member.topology, hub, tag });
  await Promise.all([
    install(settings.istioctl, member, { name: 'gateway', operator, overlays }),
    openGateway(member, settings),
  ]);
}

/** Each control plane gets a Secret for every other cluster, or where there is no discovery for its own remotes only. */
function introduceAll(
  clusters: readonly ClusterTopology[],
  prepared: ReadonlyMap<string, Promise<Member>>,
  settings: IstioSettings,
): Promise<void>[] {
  const knows = (primary: ClusterTopology, other: ClusterTopology): boolean =>
    primary !== other && (settings.discovery || other.primary === primary.name);
  return clusters.map(async (cluster) => {
    const primaries = clusters.filter((one) => one.role === 'primary' && knows(one, cluster));
    const member = prepared.get(cluster.name);
    if (member === undefined || primaries.length === 0) return;
    const controlPlanes = primaries.flatMap(({ name }) => prepared.get(name) ?? []);
    await introduce(await member, controlPlanes, settings.istioctl);
  });
}

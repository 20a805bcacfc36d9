import { hasProxy, type PodWithProxy, revisionOf } from '../mesh/istio/injected.ts';
import { idOf } from '../mesh/cluster-id.ts';
import { mayDo, userOfRemoteSecret, WRITES, writesIn } from '../mesh/istio/remote-rights.ts';
import {
  connectedProxies,
  controlPlanePods,
  endpointsByCluster,
  type EndpointCount,
  podsLeft,
  revisionInCharge,
  watchedClusters,
} from '../mesh/istio/control-plane.ts';
import { readMesh } from '../mesh/istio/facts.ts';
import { leadsOutside, webhooksIn } from '../mesh/istio/webhooks.ts';
import { SYSTEM_NAMESPACE } from '../mesh/istio/settings.ts';
import { installRevision, type RevisionSettings } from '../mesh/istio/revision.ts';
import type { ControlPlane } from '../mesh/types.ts';
import type { PartOfMesh } from './away.ts';
import type { Event } from './heard-answers.ts';
import { restartDeployment } from './restart.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

/** At most a few names, and how many more there are. */
const named = (names: readonly string[]): string =>
  names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${String(names.length - 5)} more`;

const range = ({ least, most }: EndpointCount): string =>
  least === most ? String(most) : `${String(least)} to ${String(most)} (its istiod pods differ)`;

/** A restart, and the pods that it replaces. */
export interface Restart extends Event {
  readonly before: readonly string[];
}

/** A cluster's control plane, as a play looks at it and disturbs it. */
export class ControlPlaneView {
  readonly #scene: Scene;
  readonly #cluster: ScenarioCluster;

  constructor(scene: Scene, cluster: ScenarioCluster) {
    this.#scene = scene;
    this.#cluster = cluster;
  }

  /** Every running proxy of the cluster is connected to it, and none of another cluster. */
  async servesExactlyItsOwnProxies(): Promise<Finding> {
    const { member, mesh, name } = this.#cluster;
    const ownId = idOf(mesh);
    const [connected, pods] = await Promise.all([
      connectedProxies(member.client),
      member.client.list<PodWithProxy>({
        apiVersion: 'v1',
        kind: 'Pod',
        fieldSelector: 'status.phase=Running',
      }),
    ]);
    const own = pods.filter(hasProxy).map(({ metadata }) => `${metadata.name}.${metadata.namespace ?? ''}`);
    const there = new Set(connected.map(({ proxy }) => proxy));
    const unconnected = own.filter((proxy) => !there.has(proxy));
    const foreign = connected.filter(({ cluster_id: id }) => id !== ownId).map(({ proxy }) => proxy);
    return {
      holds: own.length > 0 && unconnected.length === 0 && foreign.length === 0,
      seen:
        `${String(own.length - unconnected.length)} of ${String(own.length)} proxies of ${name} are connected to its control plane` +
        (unconnected.length === 0 ? '' : `, not ${named(unconnected)}`) +
        `; ${String(foreign.length)} of other clusters${foreign.length === 0 ? '' : `: ${named(foreign)}`}`,
      figures: { proxies: own.length, unconnected: unconnected.length, foreign: foreign.length },
    };
  }

  /** Of the running istiod; of several (as during an upgrade), the one by whose label pods are injected. @throws Error if there is none */
  revision(): Promise<string> {
    const { member, mesh } = this.#cluster;
    return revisionInCharge(member.client, mesh.injectionLabel);
  }

  /** It watches another cluster by that one's Secret, and has read it. */
  async watches(other: ScenarioCluster): Promise<Finding> {
    const otherId = idOf(other.mesh);
    const watched = await watchedClusters(this.#cluster.member.client);
    const states = watched.filter(({ id }) => id === otherId).map(({ syncStatus }) => syncStatus);
    return {
      holds: states.length > 0 && states.every((state) => state === 'synced'),
      seen: `the control plane of ${this.#cluster.name} ${states.length === 0 ? 'does not watch' : `says ${named(states)} of`} ${otherId}`,
    };
  }

  /** Each of its pods has endpoints of a service that run in another cluster. */
  async hasEndpointsOf(service: string, other: ScenarioCluster): Promise<Finding> {
    const { namespace } = this.#scene;
    const otherId = idOf(other.mesh);
    const host = `${service}.${namespace}.svc.cluster.local`;
    const counts = await endpointsByCluster(this.#cluster.member.client, { host, namespace });
    const found = counts[otherId]?.least ?? 0;
    const all = Object.entries(counts).map(([id, count]) => `${range(count)} from ${id}`);
    return {
      holds: found > 0,
      seen: `the control plane of ${this.#cluster.name} has ${all.join(', ') || 'no'} endpoints of ${service}; expected some from ${otherId}`,
      figures: { endpointsOfTheOther: found },
    };
  }

  /** Of a service each of its pods has endpoints in its own cluster, and none of them in another. */
  async hasOnlyItsOwnEndpointsOf(service: string): Promise<Finding> {
    const { namespace } = this.#scene;
    const { member, mesh, name } = this.#cluster;
    const ownId = idOf(mesh);
    const host = `${service}.${namespace}.svc.cluster.local`;
    const counts = await endpointsByCluster(member.client, { host, namespace });
    const foreign = Object.entries(counts).filter(([id, { most }]) => id !== ownId && most > 0);
    const own = counts[ownId] ?? { least: 0, most: 0 };
    return {
      holds: own.least > 0 && foreign.length === 0,
      seen: `the control plane of ${name} has ${range(own)} endpoints of ${service} of its own, of others ${foreign.map(([id, count]) => `${range(count)} from ${id}`).join(', ') || 'none'}`,
      figures: { own: own.least, foreign: foreign.length },
    };
  }

  /** The root of trust that it gives the workloads of its cluster is that of the others; read anew. */
  async givesTheRootOf(...others: readonly ScenarioCluster[]): Promise<Finding> {
    const read = await Promise.all(
      [this.#cluster, ...others].map(async ({ name, member }) => {
        const { rootFingerprint } = await readMesh({ client: member.client });
        return { name, root: rootFingerprint };
      }),
    );
    const roots = [...new Set(read.map(({ root }) => root))];
    return {
      holds: roots.length === 1 && roots[0] !== null,
      seen: read.map(({ name, root }) => `${name}: ${root?.slice(0, 16) ?? 'no root'}`).join(', '),
      figures: { roots: roots.length, sha256: roots[0] ?? 'none' },
    };
  }

  /** No proxy of another cluster takes its configuration from here. */
  async servesNoProxyOf(other: ScenarioCluster): Promise<Finding> {
    const otherId = idOf(other.mesh);
    const connected = await connectedProxies(this.#cluster.member.client);
    const foreign = connected.filter(({ cluster_id: id }) => id === otherId).map(({ proxy }) => proxy);
    return {
      holds: connected.length > 0 && foreign.length === 0,
      seen: `${countOf(connected)} connected to the control plane of ${this.#cluster.name}, of ${other.name} ${foreign.length === 0 ? 'none' : named(foreign)}`,
      figures: { connected: connected.length, foreign: foreign.length },
    };
  }

  /** Webhooks of Istio in this cluster call Services with pods in it. Where those of others lead is told, and not judged. */
  async webhooksStayInside(): Promise<Finding> {
    const { client } = this.#cluster.member;
    const { name } = this.#cluster;
    const hooks = await webhooksIn(client);
    const led = await Promise.all(
      hooks.map(async ({ name: hook, clientConfig, isOfIstio }) => {
        // Services of others are not looked into: what they put behind them is no part of the mesh.
        if (clientConfig.url === undefined && !isOfIstio) return [];
        const where = await leadsOutside(client, clientConfig);
        return where === undefined ? [] : [{ isOfIstio, text: `${hook} → ${where}` }];
      }),
    );
    const texts = (ofIstio: boolean): string[] =>
      led.flat().flatMap(({ isOfIstio, text }) => (isOfIstio === ofIstio ? [text] : []));
    const [outside, ofOthers] = [texts(true), texts(false)];
    return {
      holds: outside.length === 0,
      seen:
        `${String(hooks.length)} webhooks in ${name}, ${outside.length === 0 ? 'none of Istio leads outside it' : `outside it: ${named(outside)}`}` +
        (ofOthers.length === 0 ? '' : `; not of Istio, and not judged: ${named(ofOthers)}`),
      figures: { webhooks: hooks.length, outside: outside.length, outsideOfOthers: ofOthers.length },
    };
  }

  /** The Secret by which it discovers another cluster gives it no right to write there, nor in the mesh's or the play's namespace. */
  async mayOnlyRead(other: ScenarioCluster): Promise<Finding> {
    const otherId = idOf(other.mesh);
    const user = await userOfRemoteSecret(this.#cluster.member.client, otherId);
    if (user === undefined)
      return { holds: false, seen: `${this.#cluster.name} has no remote secret for ${otherId}` };
    const reads = await mayDo(other.member.client, user, [{ verb: 'list', group: '', resource: 'services' }]);
    const everywhere = await mayDo(other.member.client, user, WRITES);
    // A Role gives rights in one namespace; asked without one, the API server answers for all of them.
    const here = [SYSTEM_NAMESPACE, this.#scene.namespace].flatMap(writesIn);
    const only = await mayDo(other.member.client, user, here);
    const writes = [
      ...everywhere,
      ...only.filter((deed) => !everywhere.includes(deed.replace(/ in \S+$/, ''))),
    ];
    const asked = WRITES.length + here.length;
    return {
      // A Secret without any right would be read-only too, but of no use: that its owner may read shows that it is in force.
      holds: reads.length === 1 && writes.length === 0,
      seen: `${user.name} may ${reads.length === 1 ? 'list services' : 'not even list services'} in ${other.name}; of ${String(asked)} ways to write, ${writes.length === 0 ? 'none' : named(writes)}`,
      figures: { writesAsked: asked, writesAllowed: writes.length },
    };
  }

  /** A pod that was not there before a restart is ready, none of those before is left, and proxies are connected to it. */
  async isBackAfter(restart: Restart): Promise<Finding> {
    const { client } = this.#cluster.member;
    const revision = this.#revisionAmongSeveral();
    const fresh = (await controlPlanePods(client, revision)).filter((pod) => !restart.before.includes(pod));
    const left = await podsLeft(client, restart.before);
    const proxies = fresh.length === 0 ? [] : await connectedProxies(client, revision);
    const afterMs = Date.now() - restart.sentMs;
    return {
      holds: fresh.length > 0 && left.length === 0 && proxies.length > 0,
      seen: `${String(fresh.length)} new istiod ready in ${this.#cluster.name} ${(afterMs / 1000).toFixed(1)} s after its restart, ${left.length === 0 ? 'none of before left' : `still there: ${named(left)}`}, ${countOf(proxies)} connected`,
      figures: {
        newPods: fresh.length,
        podsOfBefore: left.length,
        connected: proxies.length,
        readyAfterMs: afterMs,
      },
    };
  }

  /** Takes every revision of it away. The event ends when none of their pods is left; calls since then are without it. */
  async takeDown(): Promise<Event> {
    return this.#cluster.takeMeshDown(this.#deployments());
  }

  /** Gives each revision that was taken down the replicas that it had, and waits until it is ready. */
  async bringBack(): Promise<void> {
    await this.#cluster.bringMeshBack(this.#deployments());
  }

  /** Replaces its pods, and does not wait. */
  async restart(): Promise<Restart> {
    const { client } = this.#cluster.member;
    const before = await controlPlanePods(client, this.#revisionAmongSeveral());
    const deployment = { namespace: SYSTEM_NAMESPACE, name: this.#inCharge().deployment };
    const restarted = await restartDeployment(client, deployment);
    return { what: `the control plane of ${this.#cluster.name} restarted`, ...restarted, before };
  }

  /** Installs a second revision beside the first. It is removed after the play. */
  async installRevision(revision: string): Promise<Event> {
    const { context, state, undo, signal } = this.#scene;
    const sentMs = Date.now();
    const settings: RevisionSettings = {
      installer: context.revisionInstaller,
      directory: state.directory,
      signal,
      facts: this.#cluster.mesh,
      state,
    };
    const { remove } = await installRevision(this.#cluster.member, revision, settings);
    undo.push(remove);
    return {
      what: `revision ${revision} in ${this.#cluster.name} installed`,
      sentMs,
      acknowledgedMs: Date.now(),
    };
  }

  /** Proxies of these applications are connected to a revision of it. */
  async configures(revision: string, ...apps: readonly string[]): Promise<Finding> {
    const { namespace } = this.#scene;
    const connected = await connectedProxies(this.#cluster.member.client, revision);
    const own = connected.map(({ proxy }) => proxy).filter((proxy) => proxy.endsWith(`.${namespace}`));
    const missing = apps.filter((app) => !own.some((proxy) => proxy.startsWith(`${app}-`)));
    return {
      holds: missing.length === 0,
      seen: `revision ${revision} configures ${named(own) || 'no proxy'} in ${namespace}${missing.length === 0 ? '' : `, not ${named(missing)}`}`,
    };
  }

  #deployments(): PartOfMesh[] {
    const { controlPlanes } = this.#cluster.mesh;
    if (controlPlanes.length === 0) throw new Error(`no istiod Deployment in ${this.#cluster.name}`);
    return controlPlanes.map(({ deployment }) => ({ namespace: SYSTEM_NAMESPACE, deployment }));
  }

  /** The one whose revision injects the play's proxies, as far as its label names it; it may name a tag. */
  #inCharge(): ControlPlane {
    const { controlPlanes } = this.#cluster.mesh;
    const revision = revisionOf(this.#cluster.mesh.injectionLabel);
    const found = controlPlanes.find((each) => each.revision === revision) ?? controlPlanes[0];
    if (found === undefined) throw new Error(`no istiod Deployment in ${this.#cluster.name}`);
    return found;
  }

  /** The revision of that one, where there are others that go on. */
  #revisionAmongSeveral(): string | undefined {
    const { length } = this.#cluster.mesh.controlPlanes;
    return length > 1 ? this.#inCharge().revision : undefined;
  }
}

const countOf = ({ length }: readonly unknown[]): string =>
  length === 1 ? '1 proxy is' : `${String(length)} proxies are`;

import { isServing } from '../cluster/pods.ts';
import { idOf } from '../mesh/cluster-id.ts';
import { connectedProxies } from '../mesh/istio/control-plane.ts';
import { hasProxy, readiness, type PodWithProxy } from '../mesh/istio/injected.ts';
import { mayDo, userOfRemoteSecret, WRITES, type Deed, type User } from '../mesh/istio/remote-rights.ts';
import { SYSTEM_NAMESPACE } from '../mesh/istio/settings.ts';
import { injectorsIn, leadsOutside } from '../mesh/istio/webhooks.ts';
import { addressFromOutside, type GatewayService } from './ingress.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

const readable = (group: string, ...resources: readonly string[]): Deed[] =>
  resources.flatMap((resource) => ['list', 'watch'].map((verb) => ({ verb, group, resource })));

/**
 * The least that a control plane needs in a remote cluster: endpoints and localities to read, injection and trust to set up.
 * https://istio.io/latest/docs/setup/install/multicluster/primary-remote/
 */
const NEEDED: readonly Deed[] = [
  ...readable('', 'pods', 'services', 'nodes', 'namespaces'),
  ...readable('discovery.k8s.io', 'endpointslices'),
  // Tokens of remote proxies are the remote API server's to judge: without this none gets a certificate.
  { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
  { verb: 'create', group: '', resource: 'configmaps' },
  { verb: 'patch', group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' },
];

/** What a control plane that runs elsewhere writes: the root certificate, and its own in the webhooks. */
const FROM_OUTSIDE =
  /^(create|update|patch) (configmaps|mutatingwebhookconfigurations|validatingwebhookconfigurations)$/;

const share = (part: number, all: number): string => `${String(part)} of ${String(all)}`;

/** How a cluster belongs to the mesh of another one's control plane. */
export class Joining {
  readonly #scene: Scene;
  readonly #cluster: ScenarioCluster;

  constructor(scene: Scene, cluster: ScenarioCluster) {
    this.#scene = scene;
    this.#cluster = cluster;
  }

  /** No pod of istiod runs in it. */
  async hasNoControlPlane(): Promise<Finding> {
    const found = await this.#cluster.member.client.list({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: SYSTEM_NAMESPACE,
      labelSelector: 'app=istiod',
    });
    return {
      holds: found.length === 0,
      seen: `${String(found.length)} pods of istiod in ${this.#cluster.name}`,
      figures: { controlPlanePods: found.length },
    };
  }

  /** The scenario's pods in it have proxies that are ready, and its webhooks lead out of it. */
  async isInjectedFrom(primary: ScenarioCluster): Promise<Finding> {
    const pods = await this.#pods(this.#scene.namespace);
    const injected = pods.filter((pod) => hasProxy(pod) && readiness(pod).ready === readiness(pod).all);
    const [inside, all] = await this.#webhooks();
    return {
      holds: pods.length > 0 && injected.length === pods.length && all > 0 && inside === 0,
      seen:
        `${share(injected.length, pods.length)} pods in ${this.#cluster.name} are ready with a proxy; ` +
        `${share(all - inside, all)} injecting webhooks lead out of it, to ${primary.name}`,
      figures: { pods: pods.length, injected: injected.length, webhooks: all, inside },
    };
  }

  /** The account that the primary's Secret stands for may do all that a control plane outside needs. */
  async grantsWhatIsNeeded(primary: ScenarioCluster): Promise<Finding> {
    return this.#asRemoteUser(primary, async (user) => {
      const granted = await mayDo(this.#cluster.member.client, user, NEEDED);
      const needed = NEEDED.map(({ verb, resource }) => `${verb} ${resource}`);
      const missing = needed.filter((deed) => !granted.includes(deed));
      return {
        holds: missing.length === 0,
        seen:
          `${user.name} may do ${share(granted.length, NEEDED.length)} things that are needed in ${this.#cluster.name}` +
          `${missing.length === 0 ? '' : `, not ${missing.join(', ')}`}; the least that suffices: ${needed.join(', ')}`,
        figures: { needed: NEEDED.length, missing: missing.length },
      };
    });
  }

  /** It may write no more than a control plane outside has to. The document grants more: everything. */
  async grantsNoMore(primary: ScenarioCluster): Promise<Finding> {
    return this.#asRemoteUser(primary, async (user) => {
      const writes = await mayDo(this.#cluster.member.client, user, WRITES);
      const surplus = writes.filter((deed) => !FROM_OUTSIDE.test(deed));
      return {
        holds: surplus.length === 0,
        seen:
          `of ${String(WRITES.length)} ways to write in ${this.#cluster.name}, ${user.name} may ${writes.join(', ') || 'none'}` +
          (surplus.length === 0 ? '' : `; not needed: ${surplus.join(', ')}`),
        figures: { writes: writes.length, surplus: surplus.length },
      };
    });
  }

  async #asRemoteUser(primary: ScenarioCluster, look: (user: User) => Promise<Finding>): Promise<Finding> {
    const ownId = idOf(this.#cluster.mesh);
    const user = await userOfRemoteSecret(primary.member.client, ownId);
    return user === undefined
      ? { holds: false, seen: `${primary.name} has no remote secret for ${ownId}` }
      : look(user);
  }

  /** Every proxy of it is connected to the control plane of that cluster. */
  async isConfiguredBy(primary: ScenarioCluster): Promise<Finding> {
    const { mesh, name } = this.#cluster;
    const ownId = idOf(mesh);
    const [connected, pods] = await Promise.all([connectedProxies(primary.member.client), this.#pods()]);
    const there = new Set(connected.filter(({ cluster_id: id }) => id === ownId).map(({ proxy }) => proxy));
    const own = pods.filter(hasProxy).map(({ metadata }) => `${metadata.name}.${metadata.namespace ?? ''}`);
    const missing = own.filter((proxy) => !there.has(proxy));
    return {
      holds: own.length > 0 && missing.length === 0,
      seen:
        `${share(own.length - missing.length, own.length)} proxies of ${name} are connected to the control plane of ${primary.name}` +
        (missing.length === 0 ? '' : `, not ${missing.slice(0, 5).join(', ')}`),
      figures: { proxies: own.length, unconnected: missing.length },
    };
  }

  /** A ready gateway of the scenario's own has this label, and its Service an address for visitors. */
  async findsGateway(label: string): Promise<Finding> {
    const { member } = this.#cluster;
    const { client } = member;
    const where = { apiVersion: 'v1', namespace: this.#scene.namespace, labelSelector: label };
    const [pods, services] = await Promise.all([
      client.list({ ...where, kind: 'Pod' }),
      client.list<GatewayService>({ ...where, kind: 'Service' }),
    ]);
    const ready = pods.filter(isServing);
    const found = await Promise.all(
      services.map((service) => addressFromOutside(this.#scene, member, service)),
    );
    const addresses = found.filter((address) => address !== undefined);
    return {
      holds: ready.length > 0 && addresses.length > 0,
      seen: `with ${label}: ${share(ready.length, pods.length)} pods ready, addresses ${addresses.join(', ') || 'none'}`,
    };
  }

  #pods(namespace?: string): Promise<PodWithProxy[]> {
    return this.#cluster.member.client.list<PodWithProxy>({
      apiVersion: 'v1',
      kind: 'Pod',
      fieldSelector: 'status.phase=Running',
      ...(namespace === undefined ? {} : { namespace }),
    });
  }

  /** How many webhooks that inject call a Service with pods in this cluster, and how many there are. */
  async #webhooks(): Promise<[inside: number, all: number]> {
    const { client } = this.#cluster.member;
    const injectors = await injectorsIn(client);
    const hooks = injectors.flatMap(({ webhooks = [] }) => webhooks);
    const inside = await Promise.all(
      hooks.map(async ({ clientConfig = {} }) => (await leadsOutside(client, clientConfig)) === undefined),
    );
    return [inside.filter(Boolean).length, hooks.length];
  }
}

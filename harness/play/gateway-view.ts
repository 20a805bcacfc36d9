import { connect } from 'node:net';
import type { KubernetesObject } from '../cluster/types.ts';
import { connectedProxies } from '../mesh/istio/control-plane.ts';
import { passesOn } from '../mesh/istio/proxy.ts';
import { revisionInjecting } from '../mesh/istio/injected.ts';
import { duration, poll, WaitTimeout } from '../wait/wait.ts';
import type { PartOfMesh } from './away.ts';
import { gatewayPods } from './gateway-pods.ts';
import { knockOften, told } from './reach.ts';
import { gatewayOf, type Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

/** A connection that is not there by then is not let through, in milliseconds. */
const CONNECT_MS = 5_000;

/** What a load balancer in front of a gateway may take until it knows a new pod of it, in milliseconds: up to 180 s were seen. */
const REGISTRATION_MS = 240_000;
/** So often each address has to be entered, for there may be several ways behind one. */
const ENTRIES = 3;

interface Service extends KubernetesObject {
  readonly spec?: {
    readonly ports?: readonly { readonly port: number }[];
    readonly loadBalancerSourceRanges?: readonly string[];
  };
}

interface Gateway extends KubernetesObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly servers?: readonly {
      readonly port?: { readonly number?: number };
      readonly tls?: { readonly mode?: string };
      readonly hosts?: readonly string[];
    }[];
  };
}

/** Hosts of a Gateway may have a namespace before them: `./*.local`, `*` + `/*.local`. */
const exposesEverything = (hosts: readonly string[]): boolean =>
  hosts.some((host) => ['*.local', '*'].includes(host.slice(host.lastIndexOf('/') + 1)));

/** The east-west gateway of a cluster, as a play looks at it. */
export class GatewayView {
  readonly #scene: Scene;
  readonly #cluster: ScenarioCluster;

  constructor(scene: Scene, cluster: ScenarioCluster) {
    this.#scene = scene;
    this.#cluster = cluster;
  }

  /** What is scaled to take it away; null where it is not one Deployment. */
  get deployment(): PartOfMesh | null {
    const { namespace, deployment } = gatewayOf(this.#scene, this.#cluster.name);
    return deployment === null ? null : { namespace, deployment };
  }

  /**
   * A prober in another cluster gets a connection at each of its addresses, at its port for mutual TLS, whether or not it is
   * let in: proxies spread over all of them. How far the
   * gateway is open is told with it, and not judged: the documents want it stated, and either is right.
   */
  async isReachableFrom(other: ScenarioCluster): Promise<Finding> {
    const { port } = this.#address();
    const { addresses: hosts } = gatewayOf(this.#scene, this.#cluster.name);
    const [outcomes, openness] = await Promise.all([
      knockOften(this.#scene, other, [{ hosts, port, times: hosts.length }]).then((found) => found.flat()),
      this.#opennessIfSeen(),
    ]);
    const worst = outcomes.find(({ connected }) => !connected) ?? outcomes[0];
    const how = worst === undefined ? 'nothing came of it' : `${worst.host}: ${told(worst)}`;
    return {
      holds: outcomes.length >= hosts.length && outcomes.every(({ connected }) => connected),
      seen: `a pod in ${other.name} knocked at ${hosts.join(', ')}, port ${String(port)}, the gateway of ${this.#cluster.name}: ${how}; ${openness.seen}`,
      ...(openness.figures === undefined ? {} : { figures: openness.figures }),
    };
  }

  /**
   * Waits until a prober in another cluster gets connections at each of its addresses, and says how long that took: what a load
   * balancer takes to know a gateway's new pod is none of the mesh's time. Where that never comes, it is left to the checks.
   */
  async isEnteredFrom(other: ScenarioCluster, timeoutMs = REGISTRATION_MS): Promise<string> {
    const { recorder, signal } = this.#scene;
    const { addresses: hosts, port } = gatewayOf(this.#scene, this.#cluster.name);
    const where = `${hosts.join(', ')}, port ${String(port)}, the gateway of ${this.#cluster.name}`;
    const what = `connections of a pod in ${other.name} to ${where}`;
    const begunMs = Date.now();
    const waited = poll({ what, timeoutMs, signal, isTransient: () => true }, async (saw) => {
      const order = { hosts, port, times: ENTRIES * hosts.length };
      const outcomes = (await knockOften(this.#scene, other, [order])).flat();
      const refused = outcomes.find(({ connected }) => !connected);
      if (refused !== undefined) saw(`${refused.host}: ${told(refused)}`);
      return refused === undefined ? true : undefined;
    });
    const text = await waited.then(
      () => `a pod in ${other.name} got to ${where}, after ${duration(Date.now() - begunMs)}`,
      (error: unknown) => {
        if (error instanceof WaitTimeout) return error.message;
        throw error;
      },
    );
    recorder.say(text);
    return text;
  }

  async #opennessIfSeen(): Promise<Omit<Finding, 'holds'>> {
    return this.openness().catch((error: unknown) => ({
      seen: `how far it is open cannot be told: ${error instanceof Error ? error.message : String(error)}`,
    }));
  }

  /** How far it is open: to where the harness runs or not, at which ports, restricted to which sources. */
  async openness(): Promise<Omit<Finding, 'holds'>> {
    const { host, port } = this.#address();
    const [{ spec }, isOpen] = await Promise.all([this.#service(), opens(host, port)]);
    const ports = (spec?.ports ?? []).map((one) => String(one.port)).join(', ');
    const sources = spec?.loadBalancerSourceRanges?.join(', ') ?? 'any address';
    const open = isOpen ? 'open' : 'closed';
    return {
      seen: `it is ${open} to where the harness runs, and its Service has the ports ${ports || 'none'} for ${sources}`,
      figures: { toTheHarness: open, ports, sources },
    };
  }

  /** Its pods are ready, their proxies are this revision's, and they are connected to this revision's control plane. */
  async isOfRevision(revision: string): Promise<Finding> {
    const { client } = this.#cluster.member;
    const [pods, connected] = await Promise.all([this.#pods(), connectedProxies(client, revision)]);
    const right = pods.filter(
      (pod) =>
        revisionInjecting(pod) === revision &&
        connected.some(({ proxy }) => proxy === `${pod.metadata.name}.${pod.metadata.namespace ?? ''}`),
    );
    const revisions = [...new Set(pods.map((pod) => revisionInjecting(pod) ?? 'no revision'))];
    return {
      holds: pods.length > 0 && right.length === pods.length,
      seen: `${String(right.length)} of ${String(pods.length)} ready pods of the gateway of ${this.#cluster.name} on ${this.#cluster.mesh.network ?? 'no network'} are of revision ${revision} and connected to it (seen: ${revisions.join(', ') || 'none'})`,
      figures: {
        pods: pods.length,
        ofTheRevision: right.length,
        network: this.#cluster.mesh.network ?? 'none',
      },
    };
  }

  /** A Gateway exposes all services by AUTO_PASSTHROUGH there, and its listener passes on calls to one that exists. */
  async exposesAllServices(example: { readonly service: string; readonly port: number }): Promise<Finding> {
    const { client } = this.#cluster.member;
    const { namespace } = this.#scene;
    const pods = await this.#pods();
    const exposing = (await this.#gatewaysFor(pods)).map(({ metadata }) => metadata.name);
    const target = { host: `${example.service}.${namespace}.svc.cluster.local`, port: example.port };
    const passing = await Promise.all(
      pods.map(({ metadata }) =>
        passesOn(client, { namespace: metadata.namespace ?? '', pod: metadata.name }, target),
      ),
    );
    const passes = passing.length > 0 && passing.every(Boolean);
    return {
      holds: exposing.length > 0 && passes,
      seen: `${exposing.length === 0 ? 'no Gateway' : `the Gateway ${exposing.join(', ')}`} exposes *.local by AUTO_PASSTHROUGH in ${this.#cluster.name}; its listener ${passes ? 'passes on' : 'does not pass on'} ${target.host}`,
      figures: { gateways: exposing.length },
    };
  }

  async #gatewaysFor(pods: readonly KubernetesObject[]): Promise<Gateway[]> {
    const { client } = this.#cluster.member;
    const { listenerPorts } = gatewayOf(this.#scene, this.#cluster.name);
    const labels = pods[0]?.metadata.labels ?? {};
    const gateways = await client.list<Gateway>({ apiVersion: 'networking.istio.io/v1', kind: 'Gateway' });
    return gateways.filter(
      ({ spec }) =>
        Object.entries(spec?.selector ?? {}).every(([key, value]) => labels[key] === value) &&
        spec?.servers?.some(
          (server) =>
            listenerPorts.includes(server.port?.number ?? 0) &&
            server.tls?.mode === 'AUTO_PASSTHROUGH' &&
            exposesEverything(server.hosts ?? []),
        ),
    );
  }

  async #service(): Promise<Service> {
    const { namespace, service: name } = gatewayOf(this.#scene, this.#cluster.name);
    const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
    const found = await this.#cluster.member.client.get<Service>(ref);
    if (found === undefined) throw new Error(`${this.#cluster.name} has no Service ${namespace}/${name}`);
    return found;
  }

  async #pods(): Promise<KubernetesObject[]> {
    return gatewayPods(this.#cluster.member.client, gatewayOf(this.#scene, this.#cluster.name));
  }

  #address(): { host: string; port: number } {
    const { addresses, port } = gatewayOf(this.#scene, this.#cluster.name);
    const [host] = addresses;
    if (host === undefined) throw new Error(`the gateway of ${this.#cluster.name} has no address`);
    return { host, port };
  }
}

/** Does something accept connections there? */
async function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(CONNECT_MS, () => {
      done(false);
    });
    socket.once('connect', () => {
      done(true);
    });
    socket.once('error', () => {
      done(false);
    });
  });
}

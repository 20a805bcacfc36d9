import { readiness, revisionInjecting, type PodWithProxy } from '../mesh/istio/injected.ts';
import { certificatesIn, endpointsIn, outbound, type Endpoint } from '../mesh/istio/proxy.ts';
import { addressOfPod } from './reach.ts';
import { gatewayOf, type Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

/** Where calls go to, as a proxy names it. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly subset?: string;
}

/** A load balancer's name is resolved by the proxy: both are shown. */
const shown = ({ address, hostname = address, port }: Endpoint): string =>
  `${address}:${String(port)}${hostname === address ? '' : ` (${hostname})`}`;

/** The proxy beside an application. */
export class ProxyView {
  readonly #scene: Scene;
  readonly #cluster: ScenarioCluster;
  readonly #app: string;

  constructor(scene: Scene, cluster: ScenarioCluster, app: string) {
    this.#scene = scene;
    this.#cluster = cluster;
    this.#app = app;
  }

  /** Both proxies hold a SPIFFE identity, and check others against the same root certificate. */
  async sharesItsRootWith(other: ProxyView): Promise<Finding> {
    const [mine, theirs] = await Promise.all([this.#held(), other.#held()]);
    const common = mine.roots.filter((root) => theirs.roots.includes(root));
    return {
      holds: mine.identity !== undefined && theirs.identity !== undefined && common.length > 0,
      seen: `${this.#name()} holds ${mine.identity ?? 'no identity'}, ${other.#name()} holds ${theirs.identity ?? 'no identity'}; ${common.length > 0 ? `root certificate ${common[0] ?? ''} on both sides` : `roots ${mine.roots.join(', ')} and ${theirs.roots.join(', ')}`}`,
      figures: { commonRoots: common.length },
    };
  }

  /** Its pod has all its containers ready, the proxy of this revision among them. */
  async isOfRevision(revision: string): Promise<Finding> {
    const { pod, ready, all } = await this.#pod();
    const injecting = revisionInjecting(pod);
    return {
      holds: injecting === revision && all > 1 && ready === all,
      seen: `${pod.metadata.name} in ${this.#cluster.name} is ${String(ready)}/${String(all)}, its proxy of ${injecting ?? 'no revision'}; expected ${revision}`,
      figures: { ready, containers: all },
    };
  }

  /** Its pod runs without a proxy. */
  async isAbsent(): Promise<Finding> {
    const { pod, ready, all } = await this.#pod();
    const injecting = revisionInjecting(pod);
    return {
      holds: injecting === undefined && ready === all,
      seen: `${pod.metadata.name} in ${this.#cluster.name} is ${String(ready)}/${String(all)}, its proxy of ${injecting ?? 'no revision'}; expected none`,
      figures: { ready, containers: all },
    };
  }

  /** The youngest pod, ready or not: one that does not get ready is not passed over for an older one that is. */
  async #pod(): Promise<{ pod: PodWithProxy; ready: number; all: number }> {
    const pods = await this.#cluster.pods<PodWithProxy>(this.#app);
    const pod = pods.find(({ metadata }) => metadata['deletionTimestamp'] === undefined);
    if (pod === undefined) throw new Error(`no pod of ${this.#app} in ${this.#cluster.name}`);
    return { pod, ...readiness(pod) };
  }

  /** All that it knows of a service is its pod in the same cluster: no call leaves. */
  async keepsInside(service: string, port: number): Promise<Finding> {
    const host = `${service}.${this.#scene.namespace}.svc.cluster.local`;
    const own = await addressOfPod(this.#scene, this.#cluster, service);
    return this.#sendsOnlyTo({ host, port }, [own]);
  }

  /** All that it knows of a host is the way in to another cluster: the gateway of its network. */
  async sendsThroughGatewayOf(other: ScenarioCluster, to: Destination): Promise<Finding> {
    const { addresses, port } = gatewayOf(this.#scene, other.name);
    return this.#sendsOnlyTo(to, addresses, port);
  }

  async #sendsOnlyTo(to: Destination, addresses: readonly string[], port = to.port): Promise<Finding> {
    const proxy = { namespace: this.#scene.namespace, pod: await this.#cluster.readyPod(this.#app) };
    const endpoints = (await endpointsIn(this.#cluster.member.client, proxy, outbound(to))) ?? [];
    const expected = addresses.map((address) => `${address}:${String(port)}`);
    const isExpected = ({ address, hostname = address, port: at }: Endpoint): boolean =>
      [address, hostname].some((name) => expected.includes(`${name}:${String(at)}`));
    const seen = endpoints.map(shown);
    const what = to.subset === undefined ? to.host : `subset ${to.subset} of ${to.host}`;
    return {
      holds: seen.length > 0 && endpoints.every(isExpected),
      seen: `${this.#name()} sends calls to ${what} to ${seen.join(', ') || 'no endpoint'}; expected ${expected.join(' or ')}`,
      figures: { endpoints: seen.length },
    };
  }

  #name(): string {
    return `${this.#app} in ${this.#cluster.name}`;
  }

  async #held(): Promise<{ identity: string | undefined; roots: string[] }> {
    const pod = await this.#cluster.readyPod(this.#app);
    const held = await certificatesIn(this.#cluster.member.client, { namespace: this.#scene.namespace, pod });
    return {
      identity: held
        .flatMap(({ identities }) => identities)
        .find((identity) => identity.startsWith('spiffe://')),
      roots: [...new Set(held.flatMap((certificate) => certificate.roots))],
    };
  }
}

import { certificatesIn } from '../mesh/istio/proxy.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

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
      roots: [...new Set(held.flatMap(({ rootSerialNumbers }) => rootSerialNumbers))],
    };
  }
}

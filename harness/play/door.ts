import {
  createRoot,
  createSelfSignedCertificate,
  createWorkloadCertificate,
} from '../mesh/istio/certificates.ts';
import { sleep } from '../wait/wait.ts';
import { ARRIVAL_MS, ruledOut, triesOf } from './never.ts';
import { addressOfPod, knockOften, told, type KnockOutcome } from './reach.ts';
import { gatewayOf, type Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

/** What somebody shows at the door. */
export type Credential =
  | 'the certificate of the mesh'
  | 'plaintext'
  | 'TLS without a certificate'
  | 'a self-signed certificate'
  | 'a certificate of another root';

/** A service of another cluster, as one gets to it from outside the mesh's own proxies. */
export interface Behind {
  readonly service: string;
  readonly port: number;
  readonly in: ScenarioCluster;
}

const RIGHT: Credential = 'the certificate of the mesh';

/** Addresses of one way in. */
interface Entry {
  readonly hosts: readonly string[];
  readonly port: number;
}

/**
 * Where calls from another cluster enter: the east-west gateway of its network, or on a flat network the pod itself.
 * A pod of the mesh knocks there by hand, with the certificate that its proxy was given or with another.
 */
export class Door {
  readonly #scene: Scene;
  readonly #from: ScenarioCluster;
  readonly #behind: Behind;
  /** As good as the right one in all but its root. */
  readonly #foreign: Promise<{ certificate: string; key: string }>;
  readonly #selfSigned: Promise<{ certificate: string; key: string }>;
  /** What it has been seen open to. */
  readonly #seenOpen = new Set<Credential>();

  constructor(scene: Scene, from: ScenarioCluster, behind: Behind) {
    this.#scene = scene;
    this.#from = from;
    this.#behind = behind;
    const identity = `spiffe://cluster.local/ns/${scene.namespace}/sa/prober`;
    this.#foreign = createRoot('Another root CA').then((root) => createWorkloadCertificate(root, identity));
    this.#selfSigned = createSelfSignedCertificate(identity);
    this.#foreign.catch(() => undefined);
    this.#selfSigned.catch(() => undefined);
  }

  /** A call with this credential is answered, at the first address. */
  async opensTo(credential: Credential): Promise<Finding> {
    const { hosts, port } = await this.#entry();
    const [[outcome] = []] = await this.#knock({ hosts: hosts.slice(0, 1), port }, [
      { credential, times: 1 },
    ]);
    if (outcome === undefined) throw new Error(`the prober in ${this.#from.name} told of no call`);
    return {
      holds: outcome.status === 200,
      seen: `a call with ${credential} to ${outcome.host}:${String(port)}: ${told(outcome)}`,
      figures: { ...(outcome.server === null ? {} : { serverIdentity: outcome.server }) },
    };
  }

  /**
   * Calls with this credential get nowhere, at no address, while before and after them the right certificate opens. Once
   * the door is shut, many more are made, and one that is answered is final: see never.ts.
   */
  async staysShutTo(credential: Credential): Promise<Finding> {
    const entry = await this.#entry();
    const times = entry.hosts.length;
    const [right = [], strangers = []] = await this.#knock(entry, [
      { credential: RIGHT, times },
      { credential, times },
    ]);
    const entered = strangers.find(isLetIn);
    if (entered !== undefined) this.#seenOpen.add(credential);
    const hosts = right.filter(isAnswered).map(({ host }) => host);
    if (entered === undefined && hosts.length > 0) return this.#neverOpensTo(credential, { ...entry, hosts });
    const [first] = entered === undefined ? strangers : [entered];
    return {
      holds: false,
      seen: `${toldOf(credential, first, entry.port)}; ${toldOf(RIGHT, right[0], entry.port)}`,
    };
  }

  async #neverOpensTo(credential: Credential, entry: Entry): Promise<Finding> {
    // It was open a moment ago: what shuts it has arrived at one proxy, and may need a moment to arrive at all of them.
    if (this.#seenOpen.has(credential)) await sleep(ARRIVAL_MS, this.#scene.signal);
    const times = triesOf(this.#scene);
    const [strangers = [], right = []] = await this.#knock(entry, [
      { credential, times },
      { credential: RIGHT, times: entry.hosts.length },
    ]);
    const entered = strangers.filter(isLetIn);
    // An address that does not open to anybody any more has shut nobody out.
    const opened = new Set(right.filter(isAnswered).map(({ host }) => host));
    const closed = entry.hosts.filter((host) => !opened.has(host));
    const where = `${String(times)} calls with ${credential} to ${entry.hosts.join(', ')}, port ${String(entry.port)}`;
    const figures = { calls: strangers.length, letIn: entered.length };
    if (entered.length > 0)
      return {
        holds: false,
        final: true,
        seen: `of ${where}, ${String(entered.length)} got in; the first: ${toldOf(credential, entered[0], entry.port)}`,
        figures,
      };
    return {
      holds: strangers.length === times && closed.length === 0,
      seen:
        `none of ${where} got in (${ruledOut(this.#scene)}); the first: ${toldOf(credential, strangers[0], entry.port)}; ` +
        toldOf(RIGHT, right.find(({ host }) => closed.includes(host)) ?? right[0], entry.port),
      figures,
    };
  }

  async #knock(
    entry: Entry,
    calls: readonly { credential: Credential; times: number }[],
  ): Promise<KnockOutcome[][]> {
    const { service, port } = this.#behind;
    const host = `${service}.${this.#scene.namespace}.svc.cluster.local`;
    const orders = calls.map(async ({ credential, times }) => ({
      ...entry,
      times,
      path: '/',
      authority: `${service}:${String(port)}`,
      ...(credential === 'plaintext' ? {} : { serverName: `outbound_.${String(port)}_._.${host}` }),
      ...(await this.#shown(credential)),
    }));
    return knockOften(this.#scene, this.#from, await Promise.all(orders));
  }

  async #shown(credential: Credential): Promise<{ certificate?: string; key?: string }> {
    if (credential === RIGHT) {
      return { certificate: '/certificates/cert-chain.pem', key: '/certificates/key.pem' };
    }
    if (credential === 'a self-signed certificate') return this.#selfSigned;
    return credential === 'a certificate of another root' ? this.#foreign : {};
  }

  async #entry(): Promise<Entry> {
    const { in: cluster, port, service } = this.#behind;
    if (cluster.mesh.network !== this.#from.mesh.network) {
      const gateway = gatewayOf(this.#scene, cluster.name);
      if (gateway.addresses.length === 0) throw new Error(`the gateway of ${cluster.name} has no address`);
      return { hosts: gateway.addresses, port: gateway.port };
    }
    return { hosts: [await addressOfPod(this.#scene, cluster, service)], port };
  }
}

const isAnswered = ({ status }: KnockOutcome): boolean => status === 200;

/** Any answer is one too many, whatever it says. */
const isLetIn = ({ status, failure }: KnockOutcome): boolean => status !== null || failure === null;

const toldOf = (credential: Credential, outcome: KnockOutcome | undefined, port: number): string =>
  outcome === undefined
    ? `no call with ${credential} was made`
    : `with ${credential} to ${outcome.host}:${String(port)}: ${told(outcome)}`;

import {
  createRoot,
  createSelfSignedCertificate,
  createWorkloadCertificate,
} from '../mesh/istio/certificates.ts';
import { addressOfPod, knock, told, type KnockOutcome } from './reach.ts';
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

  /** A call with this credential is answered. */
  async opensTo(credential: Credential): Promise<Finding> {
    const { outcome, address } = await this.#knock(credential);
    return {
      holds: outcome.status === 200,
      seen: `a call with ${credential} to ${address}: ${told(outcome)}`,
      figures: { ...(outcome.server === null ? {} : { serverIdentity: outcome.server }) },
    };
  }

  /** A call with this credential gets nowhere, while at the same moment the right certificate opens. */
  async staysShutTo(credential: Credential): Promise<Finding> {
    const { outcome, address } = await this.#knock(credential);
    const control = await this.#knock('the certificate of the mesh');
    const isShut = outcome.status === null && outcome.failure !== null;
    return {
      holds: isShut && control.outcome.status === 200,
      seen: `a call with ${credential} to ${address}: ${told(outcome)}; with the certificate of the mesh: ${told(control.outcome)}`,
    };
  }

  async #knock(credential: Credential): Promise<{ outcome: KnockOutcome; address: string }> {
    const { service } = this.#behind;
    const { namespace } = this.#scene;
    const { host, port } = await this.#address();
    const target = {
      host,
      port,
      path: '/',
      authority: `${service}:${String(this.#behind.port)}`,
      ...(credential === 'plaintext'
        ? {}
        : {
            serverName: `outbound_.${String(this.#behind.port)}_._.${service}.${namespace}.svc.cluster.local`,
          }),
      ...(await this.#shown(credential)),
    };
    const outcome = await knock(this.#scene, this.#from, target);
    return { outcome, address: `${host}:${String(port)}` };
  }

  async #shown(credential: Credential): Promise<{ certificate?: string; key?: string }> {
    if (credential === 'the certificate of the mesh') {
      return { certificate: '/certificates/cert-chain.pem', key: '/certificates/key.pem' };
    }
    if (credential === 'a self-signed certificate') return this.#selfSigned;
    return credential === 'a certificate of another root' ? this.#foreign : {};
  }

  async #address(): Promise<{ host: string; port: number }> {
    const { in: cluster, port, service } = this.#behind;
    if (cluster.mesh.network !== this.#from.mesh.network) {
      const gateway = gatewayOf(this.#scene, cluster.name);
      const [host] = gateway.addresses;
      if (host === undefined) throw new Error(`the gateway of ${cluster.name} has no address`);
      return { host, port: gateway.port };
    }
    return { host: await addressOfPod(this.#scene, cluster, service), port };
  }
}

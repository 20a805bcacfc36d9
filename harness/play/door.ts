import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../cluster/types.ts';
import { createRoot, createWorkloadCertificate } from '../mesh/istio/certificates.ts';
import { gatewayOf, type Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Finding } from './stage.ts';

/** What somebody shows at the door. */
export type Credential =
  'the certificate of the mesh' | 'plaintext' | 'TLS without a certificate' | 'a certificate of another root';

/** A service of another cluster, as one gets to it from outside the mesh's own proxies. */
export interface Behind {
  readonly service: string;
  readonly port: number;
  readonly in: ScenarioCluster;
}

interface Outcome {
  readonly connected: boolean;
  readonly server: string | null;
  readonly status: number | null;
  readonly failure: string | null;
}

interface Pod extends KubernetesObject {
  readonly status?: { readonly podIP?: string };
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

  constructor(scene: Scene, from: ScenarioCluster, behind: Behind) {
    this.#scene = scene;
    this.#from = from;
    this.#behind = behind;
    this.#foreign = createRoot('Another root CA').then((root) =>
      createWorkloadCertificate(root, `spiffe://cluster.local/ns/${scene.namespace}/sa/prober`),
    );
    this.#foreign.catch(() => undefined);
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

  async #knock(credential: Credential): Promise<{ outcome: Outcome; address: string }> {
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
    const pod = await this.#from.readyPod('prober');
    const { stdout, stderr } = await this.#from.exec({
      namespace,
      pod,
      container: 'prober',
      command: ['node', '-', JSON.stringify(target)],
      stdin: readFileSync(join(this.#scene.context.appsDirectory, '..', 'programs', 'tls-probe.js'), 'utf8'),
      timeoutMs: 20_000,
    });
    const line = stdout.trim().split('\n').at(-1) ?? '';
    if (!line.startsWith('{'))
      throw new Error(`the prober in ${this.#from.name} said nothing: ${stderr.trim().slice(-200)}`);
    return { outcome: JSON.parse(line) as Outcome, address: `${host}:${String(port)}` };
  }

  async #shown(credential: Credential): Promise<{ certificate?: string; key?: string }> {
    if (credential === 'the certificate of the mesh') {
      return { certificate: '/certificates/cert-chain.pem', key: '/certificates/key.pem' };
    }
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
    const pod = await cluster.readyPod(service);
    const found = await cluster.member.client.get<Pod>({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: this.#scene.namespace,
      name: pod,
    });
    const host = found?.status?.podIP;
    if (host === undefined) throw new Error(`pod ${pod} in ${cluster.name} has no address`);
    return { host, port };
  }
}

const told = ({ status, failure, connected }: Outcome): string =>
  status !== null
    ? `HTTP ${String(status)}`
    : `${connected ? 'connected, then ' : ''}${failure ?? 'nothing'}`;

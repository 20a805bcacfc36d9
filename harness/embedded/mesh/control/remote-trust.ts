/** What a control plane puts into a remote cluster: the root of trust into each namespace, its own into the webhooks. */
import type { Resource } from '../../types.ts';
import type { Issuer } from '../../certificates.ts';
import type { RemoteCluster } from './remote-cluster.ts';

const SYSTEM_NAMESPACE = 'istio-system';
/** Annotation of a remote cluster's istio-system: whose control planes take charge of it. */
export const CHARGE = 'topology.istio.io/controlPlaneClusters';
const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const CREATED = 201;
const CONFLICT = 409;

/** By which the workloads of a namespace check others. */
export const rootConfigMap = (namespace: string, root: string): Resource => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'istio-ca-root-cert', namespace, labels: { 'istio.io/config': 'true' } },
  data: { 'root-cert.pem': root },
});

/** Looks after one remote cluster, with the rights that its secret gives. */
export class RemoteTrust {
  readonly #clusterId: string;
  readonly #remote: RemoteCluster;
  readonly #issuer: Promise<Issuer>;
  /** Namespaces that have the root, by uid. */
  readonly #given = new Set<string>();
  #hasWebhooks = false;
  #isInCharge: boolean | undefined;

  constructor(clusterId: string, remote: RemoteCluster, issuer: Promise<Issuer>) {
    this.#clusterId = clusterId;
    this.#remote = remote;
    this.#issuer = issuer;
  }

  /** To be called when something has changed in the remote cluster. What fails is tried again then. */
  tend(): void {
    if (this.#remote.status !== 'synced') return;
    const namespaces = this.#remote.list('Namespace');
    // As istiod does: decided when the cluster is first read. Who annotates it later has to apply the secret anew.
    this.#isInCharge ??= isChargedTo(this.#clusterId, namespaces);
    if (!this.#isInCharge) return;
    for (const { metadata } of namespaces) {
      const { uid = '', name, deletionTimestamp } = metadata;
      if (this.#given.has(uid) || deletionTimestamp !== undefined) continue;
      this.#given.add(uid);
      void this.#giveRoot(name).catch(() => this.#given.delete(uid));
    }
    if (this.#hasWebhooks) return;
    this.#hasWebhooks = true;
    void this.#trustWebhooks().catch(() => (this.#hasWebhooks = false));
  }

  async #giveRoot(namespace: string): Promise<void> {
    const { root } = await this.#issuer;
    const { status } = await this.#remote.send(
      'POST',
      `/api/v1/namespaces/${namespace}/configmaps`,
      rootConfigMap(namespace, root),
    );
    if (status !== CREATED && status !== CONFLICT) throw new Error(`HTTP ${String(status)}`);
  }

  async #trustWebhooks(): Promise<void> {
    const { root } = await this.#issuer;
    const { body } = await this.#remote.send('GET', `${WEBHOOKS}?labelSelector=app%3Dsidecar-injector`);
    const { items = [] } = body as { readonly items?: readonly (Resource & { webhooks?: unknown[] })[] };
    const value = Buffer.from(root).toString('base64');
    for (const { metadata, webhooks = [] } of items) {
      const patch = webhooks.map((_, index) => ({
        op: 'add',
        path: `/webhooks/${String(index)}/clientConfig/caBundle`,
        value,
      }));
      const { status } = await this.#remote.send('PATCH', `${WEBHOOKS}/${metadata.name}`, patch);
      if (status !== 200) throw new Error(`HTTP ${String(status)}`);
    }
  }
}

function isChargedTo(clusterId: string, namespaces: readonly Resource[]): boolean {
  const system = namespaces.find(({ metadata }) => metadata.name === SYSTEM_NAMESPACE);
  const charged = (system?.metadata.annotations?.[CHARGE] ?? '').split(',').map((one) => one.trim());
  return charged.includes(clusterId) || charged.includes('*');
}

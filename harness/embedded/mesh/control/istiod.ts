/** One istiod: what it reads, which proxies are connected to it, what it tells of itself. Ends with its pod. */
import type { Resource, Store, WorkloadCertificate } from '../../types.ts';
import { issue, type Issuer } from '../../certificates.ts';
import type { ProxyConfig } from '../config.ts';
import { identityOf, type MeshProxy, type ProxyNode } from '../proxy.ts';
import { Configurer, snapshot } from './configure.ts';
import type { Reach } from './endpoints.ts';
import { reconcileGateways } from './gateway-controller.ts';
import type { ClusterView } from './registry.ts';
import { RemoteCluster } from './remote-cluster.ts';
import { RemoteTrust, rootConfigMap } from './remote-trust.ts';

/** Changes are gathered for so long before they are pushed, times `timeScale`. */
const PUSH_DELAY_MS = 100;
const SYSTEM_NAMESPACE = 'istio-system';
const REMOTE_LABELS = { 'istio/multiCluster': 'true' };

/** Kinds whose change can change what proxies are told. */
const PUSHED_KINDS = new Set([
  ...['Service', 'EndpointSlice', 'Pod', 'Node', 'Namespace'],
  ...['VirtualService', 'DestinationRule', 'Gateway', 'ServiceEntry', 'PeerAuthentication'],
  'HTTPRoute',
]);

/** Makes what is pushed to a proxy wrong on purpose: how defects of the mesh are made. */
export type Alter = (config: ProxyConfig, node: ProxyNode) => ProxyConfig;

/** What is wrong on purpose with the certificates of workloads. */
export interface CertificateFlaw {
  /** Their validity is shifted by so much. */
  readonly skewMs?: number;
  /** The account that they name, whatever the pod's is. */
  readonly account?: string;
}

export interface IstiodOptions {
  readonly clusterId: string;
  readonly store: Store;
  readonly issuer: Promise<Issuer>;
  readonly timeScale: number;
  readonly reach: Reach;
  readonly alter: Alter;
  readonly flaw: CertificateFlaw;
  readonly waitsForOthers: boolean;
  /** Called when something has changed that others wait for. */
  readonly onChange: () => void;
}

export class Istiod {
  readonly revision: string;
  readonly #options: IstiodOptions;
  readonly #remotes = new Map<string, RemoteCluster>();
  readonly #proxies = new Set<MeshProxy>();
  readonly #certificates = new WeakMap<MeshProxy, WorkloadCertificate>();
  readonly #unwatch: () => void;
  #timer: NodeJS.Timeout | undefined;
  #version = 0;
  #frozen = false;
  #closed = false;

  constructor(revision: string, options: IstiodOptions) {
    this.revision = revision;
    this.#options = options;
    this.#readSecrets();
    this.#unwatch = options.store.watch(({ object }) => {
      if (object.kind === 'Secret') this.#readSecrets();
      if (object.kind === 'Namespace') this.#publishRoot();
      if (PUSHED_KINDS.has(object.kind)) this.#schedule();
    });
    this.#publishRoot();
  }

  /** Ready once every other cluster has been read, or was given up for now. */
  get isReady(): boolean {
    const { waitsForOthers } = this.#options;
    return [...this.#remotes.values()].every(
      ({ status }) => status === 'synced' || (status === 'timeout' && !waitsForOthers),
    );
  }

  /** Whether it can tell that a proxy is who it says: it has the cluster's API server to ask. */
  knows({ cluster }: ProxyNode): boolean {
    return cluster === this.#options.clusterId || this.#remotes.get(cluster)?.status === 'synced';
  }

  has(proxy: MeshProxy): boolean {
    return this.#proxies.has(proxy);
  }

  /** A proxy connects: it is given a certificate, and all configuration. */
  connect(proxy: MeshProxy): void {
    this.#proxies.add(proxy);
    this.#schedule();
  }

  disconnect(proxy: MeshProxy): void {
    this.#proxies.delete(proxy);
  }

  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    if (!frozen) this.#schedule();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unwatch();
    for (const remote of this.#remotes.values()) remote.close();
    this.#proxies.clear();
  }

  get #views(): [ClusterView, ...ClusterView[]] {
    const { clusterId: id, store } = this.#options;
    return [{ id, list: (kind) => store.list(kind) }, ...this.#remotes.values()];
  }

  /** One cluster for every entry of every remote secret; an entry that changed is read anew. */
  #readSecrets(): void {
    const { store, clusterId, timeScale } = this.#options;
    const wanted = new Map<string, { readonly secretName: string; readonly kubeconfig: string }>();
    for (const secret of store.list('Secret', { namespace: SYSTEM_NAMESPACE, labels: REMOTE_LABELS })) {
      const secretName = `${SYSTEM_NAMESPACE}/${secret.metadata.name}`;
      for (const [id, encoded] of Object.entries((secret['data'] ?? {}) as Record<string, string>)) {
        const kubeconfig = Buffer.from(encoded, 'base64').toString('utf8');
        if (id !== clusterId) wanted.set(id, { secretName, kubeconfig });
      }
    }
    for (const [id, remote] of this.#remotes) {
      if (wanted.get(id)?.kubeconfig === remote.kubeconfig) continue;
      remote.close();
      this.#remotes.delete(id);
      this.#schedule();
    }
    for (const [id, access] of wanted) {
      if (this.#remotes.has(id)) continue;
      const onChange = (): void => {
        trust.tend();
        this.#schedule();
        this.#options.onChange();
      };
      const remote = new RemoteCluster({ id, ...access, timeScale, onChange });
      const trust = new RemoteTrust(clusterId, remote, this.#options.issuer);
      this.#remotes.set(id, remote);
    }
  }

  /** Every namespace is given the root that its workloads check others against. */
  #publishRoot(): void {
    const { store, issuer } = this.#options;
    void issuer.then(({ root }) => {
      if (this.#closed) return;
      for (const { metadata } of store.list('Namespace')) {
        const object = rootConfigMap(metadata.name, root);
        const isThere = store.get({ kind: object.kind, ...object.metadata }) !== undefined;
        if (metadata.deletionTimestamp === undefined && !isThere) store.create(object);
      }
    });
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#push();
    }, PUSH_DELAY_MS * this.#options.timeScale);
  }

  /** All at once, from what is known at one moment: an older push must not come after a newer one. */
  async #push(): Promise<void> {
    const { issuer, reach, alter } = this.#options;
    const authority = await issuer;
    await Promise.all([...this.#proxies].map((proxy) => this.#certify(proxy, authority)));
    if (this.#frozen || this.#closed) return;
    reconcileGateways(this.#options.store, this.revision);
    if (this.#proxies.size === 0) return;
    const configurer = new Configurer(snapshot(this.#views, ++this.#version, reach));
    for (const proxy of this.#proxies) {
      const certificate = this.#certificates.get(proxy);
      if (certificate !== undefined) {
        proxy.configure(alter(configurer.configFor(proxy.node, certificate), proxy.node));
      }
    }
  }

  async #certify(proxy: MeshProxy, authority: Issuer): Promise<void> {
    if (this.#certificates.has(proxy)) return;
    const { skewMs, account: serviceAccount = proxy.node.serviceAccount } = this.#options.flaw;
    const identity = identityOf({ namespace: proxy.node.namespace, serviceAccount });
    const certificate = proxy.certificate() ?? (await issue(authority, identity, skewMs));
    this.#certificates.set(proxy, certificate);
  }

  /** `pilot-discovery request GET PATH`. Throws an Error for what it does not answer. */
  debug(path: string): string {
    const answers: Readonly<Record<string, () => unknown>> = {
      '/debug/clusterz': () => this.#clusters(),
      '/debug/syncz': () => this.#connected(),
      '/debug/endpointShardz': () => this.#shards(),
    };
    const answer = answers[path.split('?')[0] ?? ''];
    if (answer !== undefined) return `${JSON.stringify(answer())}\n`;
    throw new Error(
      `the embedded mesh does not answer ${path}; it answers ${Object.keys(answers).join(', ')}`,
    );
  }

  #clusters(): unknown {
    const own = { id: this.#options.clusterId, secretName: '', status: 'synced' };
    return [own, ...this.#remotes.values()].map(({ id, secretName, status }) => ({
      id,
      secretName,
      syncStatus: status,
    }));
  }

  #connected(): unknown {
    return [...this.#proxies].map(({ node }) => ({
      cluster_id: node.cluster,
      proxy: `${node.name}.${node.namespace}`,
      proxy_type: node.isGateway ? 'Router' : 'SidecarProxy',
      istio_version: '1.31.0-embedded',
    }));
  }

  #shards(): unknown {
    const { services } = snapshot(this.#views, this.#version, this.#options.reach).model;
    return Object.fromEntries(
      services.map(({ host, namespace, endpoints }) => {
        const shards: Record<string, unknown[]> = {};
        for (const { cluster, address, labels } of endpoints) {
          (shards[`Kubernetes/${cluster}`] ??= []).push({ Addresses: [address], Labels: labels });
        }
        return [host, { [namespace]: { Shards: shards } }];
      }),
    );
  }
}

/** The revision that an istiod pod says it is. */
export const revisionOf = ({ metadata }: Resource): string => metadata.labels?.['istio.io/rev'] ?? 'default';

/** The mesh of one cluster: injection, proxies, and the control planes that its istiod pods are. The door of this folder. */
import type { ClusterSpec, MeshHooks, Proxy, Resource, Store } from '../types.ts';
import { createIssuer, type Issuer, readIssuer, type RootAuthority } from '../certificates.ts';
import type { Reach } from './control/endpoints.ts';
import { accountOf, isGatewayPod, isReadyPod, podFields, portsOf } from './control/fields.ts';
import { inject } from './control/inject.ts';
import { type Alter, type CertificateFlaw, Istiod, revisionOf } from './control/istiod.ts';
import { localityOf } from './control/registry.ts';
import { MeshProxy, type ProxyNode } from './proxy.ts';

export type { Alter, CertificateFlaw } from './control/istiod.ts';
export { cacertsOf, createRoot, type RootAuthority } from '../certificates.ts';
export { injectorWebhooks, istiodOf } from './control/inject.ts';
export { CHARGE, rootConfigMap } from './control/remote-trust.ts';
export { refuse } from './control/rules.ts';

const SYSTEM_NAMESPACE = 'istio-system';
const NETWORK_LABEL = 'topology.istio.io/network';

export interface MeshOptions {
  /** The cluster; its name is its ID in the mesh, its network where its pods are. */
  readonly spec: ClusterSpec;
  readonly store: Store;
  /** Signs for this cluster where its istio-system has no Secret `cacerts`. */
  readonly root: RootAuthority;
  /** Delays take this much of their usual time. */
  readonly timeScale: number;
  /** For defects: changes what is pushed to a proxy. @default nothing */
  readonly alter?: Alter;
  /** For defects: what is wrong with the certificates of its workloads. */
  readonly flaw?: CertificateFlaw;
  /** For defects: its proxy never says that it is ready. */
  readonly neverReady?: (pod: Resource) => boolean;
  /** For defects: istiod never gives up on another cluster. */
  readonly waitsForOthers?: boolean;
  /**
   * Whether packets from a pod of this cluster get to an address. @default they do, unless the control plane knows
   * that the address is on another network
   */
  readonly isReachable?: (address: string, fromCluster: string) => boolean;
  /** For a remote cluster: the control plane that it has in another one. @default the istiods of its own */
  readonly primary?: Primary;
  /** Called when control planes come, go, or learn of clusters. */
  readonly onControlPlane?: () => void;
}

/** Another cluster's control plane, as a remote one gets to it. */
export interface Primary {
  /** The mesh that the remote cluster's way to its control plane leads to; undefined where it leads nowhere. */
  find(): Mesh | undefined;
  /** Whether the remote's API server calls it for new pods, and trusts it. */
  injects(): boolean;
}

const unaltered: Alter = (config) => config;

/**
 * A mesh that lives off the cluster's objects: it starts an istiod for each pod labelled app=istiod. It is the hooks for the
 * kubelet, and what a world does with a mesh.
 */
export class Mesh implements MeshHooks {
  readonly #options: MeshOptions;
  readonly #proxies = new Set<MeshProxy>();
  readonly #istiods = new Map<string, Istiod>();
  readonly #connected = new WeakMap<MeshProxy, Istiod>();
  readonly #unwatch: () => void;
  #issuer: Promise<Issuer> | undefined;

  constructor(options: MeshOptions) {
    this.#options = options;
    for (const pod of options.store.list('Pod', { namespace: SYSTEM_NAMESPACE }))
      this.#noteIstiod(pod, false);
    this.#unwatch = options.store.watch(({ type, object }) => {
      if (object.kind !== 'Pod' || object.metadata.labels?.['app'] !== 'istiod') return;
      this.#noteIstiod(object, type === 'DELETED');
      this.#changed();
    });
  }

  inject(pod: Resource): Resource {
    return inject(
      this.#options.store,
      pod,
      (revision) => this.#servant(revision) !== undefined && (this.#options.primary?.injects() ?? true),
    );
  }

  startProxy(pod: Resource, address: string, appAddress = address): Promise<Proxy> {
    const proxy = new MeshProxy(this.#nodeOf(pod, address, appAddress), this.#options.timeScale, () => {
      this.#proxies.delete(proxy);
      this.#connected.get(proxy)?.disconnect(proxy);
    });
    this.#proxies.add(proxy);
    this.look();
    if (this.#options.neverReady?.(pod) === true)
      Object.defineProperty(proxy, 'isReady', { value: () => false });
    return Promise.resolve(proxy);
  }

  controlPlane(pod: Resource, path: string): string {
    const istiod = this.#istiods.get(pod.metadata.name);
    if (istiod === undefined) throw new Error(`no istiod runs in pod ${pod.metadata.name}`);
    return istiod.debug(path);
  }

  /** Whether an istiod pod may be called ready: it has read the other clusters, or has given up on them. */
  isControlPlaneReady(pod: Resource): boolean {
    this.#noteIstiod(pod, false);
    return this.#istiods.get(pod.metadata.name)?.isReady ?? false;
  }

  /** As its nodes: nothing moves until it is thawed. */
  freeze(frozen: boolean): void {
    for (const proxy of this.#proxies) proxy.freeze(frozen);
    for (const istiod of this.#istiods.values()) istiod.freeze(frozen);
  }

  async close(): Promise<void> {
    this.#unwatch();
    for (const istiod of this.#istiods.values()) istiod.close();
    this.#istiods.clear();
    await Promise.all([...this.#proxies].map((proxy) => proxy.kill()));
  }

  /** An istiod lives from when its container runs until its pod begins to go. */
  #noteIstiod(pod: Resource, deleted: boolean): void {
    const { name, labels, deletionTimestamp } = pod.metadata;
    if (labels?.['app'] !== 'istiod') return;
    if (deleted || deletionTimestamp !== undefined) {
      this.#istiods.get(name)?.close();
      this.#istiods.delete(name);
    } else if (!this.#istiods.has(name) && podFields(pod).status?.phase === 'Running') {
      this.#istiods.set(name, this.#startIstiod(revisionOf(pod)));
    }
  }

  #startIstiod(revision: string): Istiod {
    const { spec, store, timeScale, isReachable, waitsForOthers = false } = this.#options;
    const { alter = unaltered, flaw = {} } = this.#options;
    const reach: Reach = (node, { address, network }) =>
      isReachable?.(address, node.cluster) ?? (network === '' || network === node.network);
    this.#issuer ??= this.#readIssuer();
    return new Istiod(revision, {
      ...{ clusterId: spec.name, store, issuer: this.#issuer, timeScale, reach, alter, flaw, waitsForOthers },
      onChange: () => {
        this.#changed();
      },
    });
  }

  async #readIssuer(): Promise<Issuer> {
    const { store, root, spec } = this.#options;
    const secret = store.get({ kind: 'Secret', name: 'cacerts', namespace: SYSTEM_NAMESPACE });
    const data = secret?.['data'] as Record<string, string> | undefined;
    if (data === undefined) return createIssuer(root, spec.name);
    return readIssuer((entry) => Buffer.from(data[entry] ?? '', 'base64').toString('utf8'));
  }

  /** The ready istiod of a revision. */
  serving(revision: string): Istiod | undefined {
    const { store } = this.#options;
    const isReady = (name: string): boolean => {
      const pod = store.get({ kind: 'Pod', name, namespace: SYSTEM_NAMESPACE });
      return pod !== undefined && isReadyPod(pod);
    };
    return [...this.#istiods].find(([name, one]) => one.revision === revision && isReady(name))?.[1];
  }

  #servant(revision: string): Istiod | undefined {
    const { primary } = this.#options;
    return (primary === undefined ? this : primary.find())?.serving(revision);
  }

  #changed(): void {
    this.look();
    this.#options.onControlPlane?.();
  }

  /** Every proxy without a control plane looks for one of its revision. */
  look(): void {
    for (const proxy of this.#proxies) {
      if (this.#connected.get(proxy)?.has(proxy) === true) continue;
      const istiod = this.#servant(proxy.node.revision);
      if (istiod?.knows(proxy.node) !== true) continue;
      this.#connected.set(proxy, istiod);
      istiod.connect(proxy);
    }
  }

  #nodeOf(pod: Resource, address: string, appAddress: string): ProxyNode {
    const { spec, store } = this.#options;
    const { name, namespace = 'default', labels = {}, annotations = {} } = pod.metadata;
    // It has been given its node since.
    const bound = store.get({ kind: 'Pod', name, namespace }) ?? pod;
    const view = { id: spec.name, list: (kind: string) => store.list(kind) };
    const revision = labels['istio.io/rev'] ?? annotations['istio.io/rev'] ?? 'default';
    return {
      name,
      namespace,
      cluster: spec.name,
      network: labels[NETWORK_LABEL] ?? spec.network,
      revision,
      isGateway: isGatewayPod(pod),
      labels,
      serviceAccount: accountOf(pod),
      address,
      appAddress,
      containerPorts: portsOf(pod).map(({ containerPort }) => containerPort),
      locality: localityOf(view, podFields(bound).spec?.nodeName),
    };
  }
}

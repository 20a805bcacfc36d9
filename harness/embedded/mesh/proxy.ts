/** A sidecar or a gateway: its listeners, its part of the configuration, its introspection. */
import type { Proxy, RunningProgram, WorkloadCertificate } from '../types.ts';
import { adminAnswer } from './admin.ts';
import { INBOUND_PORT, OUTBOUND_PORT, type ProxyConfig } from './config.ts';
import { UpstreamCluster } from './data/cluster.ts';
import { Inbound, endlessServer } from './data/inbound.ts';
import { listen } from './data/listener.ts';
import { Router } from './data/outbound.ts';
import { PassThrough } from './data/pass-through.ts';
import { Stats } from './data/stats.ts';

/** Who a proxy is, as it tells its control plane. */
export interface ProxyNode {
  readonly name: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly network: string;
  readonly revision: string;
  readonly isGateway: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly address: string;
  readonly appAddress: string;
  /** Ports that the pod's containers name. */
  readonly containerPorts: readonly number[];
  readonly locality: { readonly region: string; readonly zone: string };
}

/** `spiffe://cluster.local/ns/NAMESPACE/sa/ACCOUNT` */
export const identityOf = (node: { readonly namespace: string; readonly serviceAccount: string }): string =>
  `spiffe://cluster.local/ns/${node.namespace}/sa/${node.serviceAccount}`;

/** Where a proxy says whether it is ready. */
const STATUS_PORT = 15_021;
/** How long a proxy goes on serving after it was told to stop, and drains connections, before `timeScale`. */
const TERMINATION_DRAIN_MS = 5_000;
const LISTENER_DRAIN_MS = 45_000;

export class MeshProxy implements Proxy {
  readonly node: ProxyNode;
  readonly stats = new Stats();
  readonly #timeScale: number;
  readonly #clusters = new Map<string, UpstreamCluster>();
  readonly #listeners = new Map<number, RunningProgram>();
  readonly #opening = new Map<number, Promise<void>>();
  readonly #router: Router;
  readonly #inbound: Inbound;
  readonly #passThrough: PassThrough;
  readonly #onStop: () => void;
  #config: ProxyConfig | undefined;
  #thaw: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #draining = false;
  #stopped = false;

  /** `onStop` is called as it begins to stop being connected to its control plane. */
  constructor(node: ProxyNode, timeScale: number, onStop: () => void) {
    this.node = node;
    this.#timeScale = timeScale;
    this.#onStop = onStop;
    const cluster = (name: string): UpstreamCluster | undefined => this.#clusters.get(name);
    const thawed = (): Promise<void> | undefined => this.#thaw?.promise;
    this.#router = new Router({ cluster, stats: this.stats });
    this.#inbound = new Inbound({
      config: () => this.#config,
      identity: identityOf(node),
      appAddress: node.appAddress,
      stats: this.stats,
      thawed,
      draining: () => this.#draining,
    });
    this.#passThrough = new PassThrough({
      config: (port) => this.#config?.passThrough.find((one) => one.port === port),
      cluster,
      thawed,
      drainMs: LISTENER_DRAIN_MS * timeScale,
    });
    this.#openStatus();
  }

  /** Ready once it has its first configuration and listens. */
  readonly isReady = (): boolean => this.#config !== undefined && this.#opening.size === 0 && !this.#stopped;

  get config(): ProxyConfig | undefined {
    return this.#config;
  }

  get clusters(): readonly UpstreamCluster[] {
    return [...this.#clusters.values()];
  }

  /** What `OUTPUT_CERTS` writes to a shared directory. */
  readonly certificate = (): WorkloadCertificate | undefined => this.#config?.certificate;

  /** Takes over what the control plane has pushed. */
  configure(config: ProxyConfig): void {
    if (this.#stopped) return;
    this.#config = config;
    for (const [name, wanted] of config.clusters) {
      const known = this.#clusters.get(name);
      if (known !== undefined) known.configure(wanted);
      else this.#clusters.set(name, new UpstreamCluster(wanted, () => this.#credentials()));
    }
    for (const [name, cluster] of this.#clusters) {
      if (config.clusters.has(name)) continue;
      cluster.configure({ ...cluster.config, endpoints: [] });
      this.#clusters.delete(name);
    }
    this.#passThrough.drain((name) => config.passThrough.some(({ chains }) => chains.has(name)));
    if (this.node.isGateway) this.#openGateway(config);
    else this.#openSidecar();
  }

  #credentials(): ProxyConfig {
    if (this.#config === undefined) throw new Error('a proxy without configuration has no certificate');
    return this.#config;
  }

  #openStatus(): void {
    this.#serve(STATUS_PORT, async ({ url }, response) => {
      if (this.#config?.tellsStatus === false) return;
      await this.#thaw?.promise;
      const isReady = url === '/healthz/ready' && this.isReady();
      response.writeHead(isReady ? 200 : 503).end();
    });
  }

  #openSidecar(): void {
    this.#serve(OUTBOUND_PORT, async (request, response) => {
      await this.#thaw?.promise;
      const hosts = this.#config?.hosts;
      if (hosts !== undefined) await this.#router.handle(hosts, 80, [request, response]);
    });
    const { address, appAddress, containerPorts } = this.node;
    const own = address === appAddress ? [] : containerPorts;
    for (const port of [INBOUND_PORT, ...own]) {
      this.#open(port, (socket) => {
        this.#inbound.accept(socket, port);
      });
    }
  }

  #openGateway({ passThrough, httpListeners }: ProxyConfig): void {
    const ports = new Set([...passThrough, ...httpListeners].map(({ port }) => port));
    for (const [port, listener] of this.#listeners) {
      if (ports.has(port) || port === STATUS_PORT) continue;
      this.#listeners.delete(port);
      void listener.stop();
    }
    for (const { port } of passThrough) {
      this.#open(port, (socket) => {
        this.#passThrough.accept(socket, port);
      });
    }
    for (const { port } of httpListeners) {
      this.#serve(port, async (request, response) => {
        await this.#thaw?.promise;
        response.setHeader('server', 'istio-envoy');
        const hosts = this.#config?.httpListeners.find((one) => one.port === port)?.hosts;
        await this.#router.handle(hosts ?? new Map(), undefined, [request, response]);
      });
    }
  }

  #serve(port: number, handle: Parameters<typeof endlessServer>[0]): void {
    if (this.#listeners.has(port) || this.#opening.has(port)) return;
    const server = endlessServer(handle);
    this.#open(port, (socket) => server.emit('connection', socket));
  }

  #open(port: number, accept: Parameters<typeof listen>[1]): void {
    if (this.#listeners.has(port) || this.#opening.has(port)) return;
    const opened = listen({ host: this.node.address, port }, accept).then(
      async (listener) => {
        this.#opening.delete(port);
        if (this.#stopped) await listener.stop();
        else this.#listeners.set(port, listener);
      },
      // Stays in `#opening`: a proxy that cannot listen never gets ready.
      () => undefined,
    );
    this.#opening.set(port, opened);
  }

  /** Envoy's admin interface. Throws an Error for what it does not implement. */
  admin(path: string): string {
    return adminAnswer(this, path);
  }

  /** As a frozen node: connections stay, nothing moves on them. */
  freeze(frozen: boolean): void {
    this.#passThrough.freeze(frozen);
    if (!frozen) {
      this.#thaw?.resolve();
      this.#thaw = undefined;
    } else if (this.#thaw === undefined) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((done) => (resolve = done));
      this.#thaw = { promise, resolve };
    }
  }

  /** Serves on for the drain time, then ends everything. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#draining = true;
    this.#onStop();
    await new Promise((resolve) => setTimeout(resolve, TERMINATION_DRAIN_MS * this.#timeScale));
    await this.kill();
  }

  /** Ends everything at once. */
  async kill(): Promise<void> {
    this.#stopped = true;
    this.#onStop();
    this.freeze(false);
    this.#passThrough.close();
    this.#inbound.close();
    for (const cluster of this.#clusters.values()) cluster.close();
    await Promise.all(this.#opening.values());
    await Promise.all([...this.#listeners.values()].map((listener) => listener.stop()));
    this.#listeners.clear();
  }
}

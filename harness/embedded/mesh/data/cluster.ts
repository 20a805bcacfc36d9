/** One group of endpoints at run time: which one a request goes to, and what is remembered of each. */
import type { ClusterConfig, EndpointConfig } from '../config.ts';
import type { Credentials, Dial } from './dial.ts';
import { Health } from './outlier.ts';
import { Pool } from './pool.ts';
import { newTurn, takeTurn, type Turn } from './schedule.ts';

/** Envoy sends less to a priority only when fewer than 1/1.4 of its hosts are healthy. */
const OVERPROVISIONING = 1.4;

/** An endpoint with its connections. */
export interface Host {
  config: EndpointConfig;
  readonly pool: Pool;
  readonly health: Health;
  active: number;
  readonly turn: Turn;
}

const keyOf = ({ address, port, locality: { region, zone }, mutualTls }: EndpointConfig): string =>
  [address, port, region, zone, mutualTls].join('|');

/** Keeps connections, health and schedule of an endpoint over changes of the configuration. */
export class UpstreamCluster {
  config: ClusterConfig;
  #hosts = new Map<string, Host>();
  readonly #localities = new Map<string, Turn>();
  readonly #credentials: () => Credentials;

  constructor(config: ClusterConfig, credentials: () => Credentials) {
    this.config = config;
    this.#credentials = credentials;
    this.configure(config);
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  /** Takes over a new configuration. Connections to endpoints that are gone end as they become idle. */
  configure(config: ClusterConfig): void {
    const renewed = connectionsOf(this.config) !== connectionsOf(config);
    const before = this.#hosts;
    this.config = config;
    this.#hosts = new Map();
    this.#localities.clear();
    for (const endpoint of config.endpoints) {
      const key = keyOf(endpoint);
      const known = before.get(key);
      const host = known === undefined || renewed ? this.#hostFor(endpoint) : known;
      host.config = endpoint;
      this.#hosts.set(key, host);
    }
    for (const [key, host] of before) if (this.#hosts.get(key) !== host) host.pool.retire();
  }

  /** Ends all connections. */
  close(): void {
    for (const { pool } of this.#hosts.values()) pool.destroy();
  }

  #hostFor(config: EndpointConfig): Host {
    const host: Host = {
      config,
      pool: new Pool(() => this.#dialTo(host.config), this.config.maxRequestsPerConnection),
      health: new Health(),
      active: 0,
      turn: newTurn(config.weight),
    };
    return host;
  }

  /** How to connect to an endpoint: for the pool, and for a gateway that passes connections through. */
  #dialTo({ address, connectPort, mutualTls, reachable }: EndpointConfig): Dial {
    const { connectTimeoutMs: timeoutMs, serverName, identities } = this.config;
    const to = { host: address, port: connectPort, timeoutMs, reachable };
    return mutualTls ? { ...to, tls: { serverName, identities, credentials: this.#credentials() } } : to;
  }

  /**
   * The host for a request. Those in `tried` are avoided where their priority has others, and priorities in `avoided`
   * where there are others; undefined when there is none that is thought healthy.
   */
  pick(tried: readonly Host[] = [], avoided: readonly number[] = []): Host | undefined {
    const now = Date.now();
    const healthy = this.#choosePriority(this.hosts, now, avoided);
    const fresh = healthy.filter((host) => !tried.includes(host));
    const [first, ...others] = this.#chooseLocality(fresh.length > 0 ? fresh : healthy);
    if (first === undefined || others.length === 0) return first;
    const candidates = [first, ...others] as const;
    const weighted = candidates.some(({ config }) => config.weight !== first.config.weight);
    const { policy } = this.config;
    if (policy === 'RANDOM') return anyOf(candidates);
    if (policy === 'LEAST_REQUEST' && !weighted) return lessBusy(anyOf(candidates), anyOf(candidates));
    return takeTurn(
      candidates,
      ({ turn }) => turn,
      ({ config, active }) => config.weight / (policy === 'LEAST_REQUEST' ? active + 1 : 1),
    );
  }

  #choosePriority(hosts: readonly Host[], now: number, avoided: readonly number[]): Host[] {
    const priorities = [...new Set(hosts.map(({ config }) => config.priority))].sort((a, b) => a - b);
    const levels = priorities.map((priority) => {
      const all = hosts.filter(({ config }) => config.priority === priority);
      const healthy = all.filter(({ health }) => !health.isEjected(now));
      return { priority, healthy, share: Math.min(1, (OVERPROVISIONING * healthy.length) / all.length) };
    });
    const all = levels.filter(({ healthy }) => healthy.length > 0);
    const others = all.filter(({ priority }) => !avoided.includes(priority));
    const usable = others.length > 0 ? others : all;
    const total = Math.min(
      1,
      usable.reduce((sum, { share }) => sum + share, 0),
    );
    let point = Math.random() * total;
    for (const { healthy, share } of usable) {
      point -= share;
      if (point < 0) return healthy;
    }
    return usable.at(-1)?.healthy ?? [];
  }

  #chooseLocality(hosts: readonly Host[]): readonly Host[] {
    if (!this.config.distributes) return hosts;
    const byLocality = new Map<string, Host[]>();
    for (const host of hosts) {
      const { region, zone } = host.config.locality;
      if (host.config.localityWeight === 0) continue;
      byLocality.set(`${region}/${zone}`, [...(byLocality.get(`${region}/${zone}`) ?? []), host]);
    }
    const [first, ...others] = byLocality.keys();
    if (first === undefined) return [];
    const weightOf = (name: string): number => byLocality.get(name)?.[0]?.config.localityWeight ?? 1;
    const next = takeTurn([first, ...others], (name) => this.#turnOf(name, weightOf(name)), weightOf);
    return byLocality.get(next) ?? [];
  }

  #turnOf(locality: string, weight: number): Turn {
    const turn = this.#localities.get(locality) ?? newTurn(weight);
    this.#localities.set(locality, turn);
    return turn;
  }

  /** Tells how a request to a host ended; failures to connect count as 503, timeouts as 504. */
  report(host: Host, status: number): void {
    const { outlier } = this.config;
    if (outlier === undefined || !host.health.failsWith(status, outlier)) return;
    const now = Date.now();
    // Requests that were under way when it was ejected say nothing new.
    if (host.health.isEjected(now)) return;
    const hosts = this.hosts;
    const ejected = hosts.filter(({ health }) => health.isEjected(now)).length;
    if (ejected > 0 && ((ejected + 1) / hosts.length) * 100 > outlier.maxEjectionPercent) return;
    host.health.eject(now, outlier);
  }
}

const connectionsOf = ({ maxRequestsPerConnection, serverName }: ClusterConfig): string =>
  `${String(maxRequestsPerConnection)} ${serverName}`;

const anyOf = (hosts: readonly [Host, ...Host[]]): Host =>
  hosts[Math.floor(Math.random() * hosts.length)] ?? hosts[0];

const lessBusy = (a: Host, b: Host): Host => (b.active < a.active ? b : a);

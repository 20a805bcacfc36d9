/** The way out of a pod, or into a cluster at its ingress gateway: plain HTTP in, routed by its Host header. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteConfig, VirtualHosts } from '../config.ts';
import type { Host, UpstreamCluster } from './cluster.ts';
import { type Asked, type Outcome, answerWith, ask, askedBy, passBack, resetText } from './forward.ts';
import { hostOf, routeOf, targetOf } from './routes.ts';
import type { Stats } from './stats.ts';

/** What a router needs of its proxy. */
export interface Surroundings {
  readonly cluster: (name: string) => UpstreamCluster | undefined;
  readonly stats: Stats;
}

const NO_HOST: Outcome = { kind: 'connect', reason: 'no healthy upstream' };

/** Whether Istio's retry conditions name how an attempt ended. */
function mayRetry(outcome: Outcome, on: ReadonlySet<string>): boolean {
  if (outcome === NO_HOST) return false;
  if (outcome.kind === 'answered') {
    const { status } = outcome;
    const atGateway = on.has('gateway-error') && status >= 502 && status <= 504;
    return on.has(String(status)) || atGateway || (on.has('5xx') && status >= 500);
  }
  if (outcome.kind === 'stale' || on.has('5xx') || on.has('gateway-error')) return true;
  return on.has(outcome.kind === 'connect' ? 'connect-failure' : outcome.kind);
}

const statusOf = (outcome: Outcome): number => {
  if (outcome.kind === 'answered') return outcome.status;
  return outcome.kind === 'timeout' ? 504 : 503;
};

/** Answers requests by asking the endpoints that the configuration names. */
export class Router {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** `defaultPort` completes an authority without a port; undefined: ports do not count (gateways). */
  async handle(
    hosts: VirtualHosts,
    defaultPort: number | undefined,
    [request, response]: readonly [IncomingMessage, ServerResponse],
  ): Promise<void> {
    const authority = (request.headers.host ?? '').toLowerCase();
    const [name = '', port] = authority.split(':');
    const key = defaultPort === undefined ? name : `${name}:${port ?? String(defaultPort)}`;
    const host = hostOf(hosts, key);
    if (host === undefined) {
      if (defaultPort === undefined) answerWith(response, 404, '');
      else answerWith(response, 502, `could not resolve ${key}: this cluster has no such Service and port\n`);
      return;
    }
    const route = routeOf(host, request);
    if (route === undefined) answerWith(response, 404, '');
    else await this.#follow(route, request, response);
  }

  async #follow(route: RouteConfig, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { abort } = route;
    if (abort !== undefined && Math.random() * 100 < abort.percent) {
      answerWith(response, abort.status, 'fault filter abort');
      return;
    }
    const cluster = this.#around.cluster(targetOf(route) ?? '');
    if (cluster === undefined) {
      answerWith(response, 503, '');
      return;
    }
    const asked = await askedBy(request).catch(() => undefined);
    if (asked === undefined) {
      answerWith(response, 413, 'Payload Too Large');
      return;
    }
    asked.headers['x-request-id'] ??= randomUUID();
    asked.headers['x-forwarded-proto'] ??= 'http';
    await this.#ask({ route, cluster, asked, response });
  }

  async #ask(call: {
    readonly route: RouteConfig;
    readonly cluster: UpstreamCluster;
    readonly asked: Asked;
    readonly response: ServerResponse;
  }): Promise<void> {
    const { route, cluster, asked, response } = call;
    const { retry, timeoutMs } = route;
    const deadline = performance.now() + (timeoutMs ?? Infinity);
    const tried: Host[] = [];
    for (let attempt = 0; ; attempt++) {
      const avoided = retry.acrossPriorities ? prioritiesLeft(tried) : [];
      const host = cluster.pick(tried, avoided);
      if (host !== undefined) host.active++;
      const limit = Math.min(Math.max(1, deadline - performance.now()), retry.perTryMs ?? Infinity);
      const outcome = host === undefined ? NO_HOST : await ask(asked, host.pool, limit);
      this.#note(cluster, host, outcome);
      if (host !== undefined) tried.push(host);
      const inTime = performance.now() < deadline - 1;
      const again = attempt < retry.attempts && inTime && !response.destroyed && mayRetry(outcome, retry.on);
      if (again) {
        if (host !== undefined) host.active--;
        if (outcome.kind === 'answered') outcome.answer.resume();
        this.#count(cluster, 'upstream_rq_retry');
        continue;
      }
      finish(outcome, response, () => {
        if (host !== undefined) host.active--;
      });
      return;
    }
  }

  #note(cluster: UpstreamCluster, host: Host | undefined, outcome: Outcome): void {
    const status = statusOf(outcome);
    if (host !== undefined) cluster.report(host, status);
    this.#count(cluster, 'upstream_rq_total');
    this.#count(cluster, `upstream_rq_${String(Math.floor(status / 100))}xx`);
    if (outcome.kind === 'connect' && host !== undefined) this.#count(cluster, 'upstream_cx_connect_fail');
  }

  #count(cluster: UpstreamCluster, what: string): void {
    this.#around.stats.add(`cluster.${cluster.config.name}.${what}`);
  }
}

/** Envoy's `previous_priorities`, as Istio sets it: the first two attempts are alike, the next two avoid where those were. */
const prioritiesLeft = (tried: readonly Host[]): number[] =>
  tried.slice(0, tried.length - (tried.length % 2)).map(({ config }) => config.priority);

function finish(outcome: Outcome, response: ServerResponse, done: () => void): void {
  if (outcome.kind === 'answered') {
    if (response.destroyed) {
      outcome.answer.destroy();
      done();
      return;
    }
    passBack(outcome, response, done);
    return;
  }
  done();
  if (outcome === NO_HOST) answerWith(response, 503, 'no healthy upstream');
  else if (outcome.kind === 'timeout') answerWith(response, 504, 'upstream request timeout');
  else {
    const reset = outcome.kind === 'connect' ? 'remote connection failure' : 'connection termination';
    answerWith(response, 503, resetText(`${reset}, transport failure reason: ${outcome.reason}`));
  }
}

/** Which route a request takes. */
import type { IncomingMessage } from 'node:http';
import type { MatchConfig, RouteConfig, TextMatch, VirtualHostConfig, VirtualHosts } from '../config.ts';
import { wholeExpression } from '../expressions.ts';

const matchesText = (value: string, { exact, prefix, regex }: TextMatch): boolean =>
  (exact === undefined || value === exact) &&
  (prefix === undefined || value.startsWith(prefix)) &&
  (regex === undefined || wholeExpression(regex).test(value));

function matches({ path, headers }: MatchConfig, request: IncomingMessage): boolean {
  const [requestPath = '/'] = (request.url ?? '/').split('?');
  return (
    (path === undefined || matchesText(requestPath, path)) &&
    headers.every(([name, match]) => {
      const value = request.headers[name];
      return value !== undefined && matchesText(Array.isArray(value) ? value.join(',') : value, match);
    })
  );
}

/** The first route that matches, as written. */
export const routeOf = (host: VirtualHostConfig, request: IncomingMessage): RouteConfig | undefined =>
  host.routes.find(
    (route) => route.matches.length === 0 || route.matches.some((one) => matches(one, request)),
  );

/** The virtual host of an authority: exact, then the longest `*.suffix`, then `*`. */
export function hostOf(hosts: VirtualHosts, authority: string): VirtualHostConfig | undefined {
  const exact = hosts.get(authority);
  if (exact !== undefined) return exact;
  for (let at = authority.indexOf('.'); at >= 0; at = authority.indexOf('.', at + 1)) {
    const found = hosts.get(`*${authority.slice(at)}`);
    if (found !== undefined) return found;
  }
  return hosts.get('*');
}

/** One of the route's targets, at random by weight: per request, as Envoy does it. */
export function targetOf({ targets }: RouteConfig): string | undefined {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  let point = Math.random() * total;
  for (const { cluster, weight } of targets) {
    point -= weight;
    if (point < 0) return cluster;
  }
  return targets[0]?.cluster;
}

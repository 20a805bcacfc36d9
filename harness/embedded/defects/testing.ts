/** A small mesh of two endpoints for the tests of defects. */
import type { ClusterConfig, EndpointConfig, ProxyConfig } from '../mesh/config.ts';
import type { ProxyNode } from '../mesh/proxy.ts';
import { endpoint as endpointAt } from '../mesh/test-path.ts';
import { effectsOf, type Effects } from './index.ts';

export const place = (isFirst: boolean) => ({
  cluster: isFirst ? 'cluster1' : 'cluster2',
  isFirst,
  timeScale: 1,
  isOwn: (address: string) => address.startsWith('127.1.'),
});
export const only = (name: string, value?: string): Effects =>
  effectsOf([value === undefined ? { name } : { name, value }]);

export const node = { name: 'sleep', namespace: 'ns', isGateway: false } as ProxyNode;
const endpoint = (address: string): EndpointConfig => ({ ...endpointAt(address, 15006), port: 5000 });
export const [local, remote] = [endpoint('127.1.1.1'), endpoint('127.2.1.1')];
export const NAME = 'outbound|5000||helloworld.ns.svc.cluster.local';

export function config(...endpoints: EndpointConfig[]): ProxyConfig {
  const cluster = { name: NAME, endpoints, serverName: '' } as unknown as ClusterConfig;
  const route = {
    matches: [],
    targets: [{ cluster: NAME, weight: 1 }],
    retry: { attempts: 2, on: new Set() },
  };
  return {
    clusters: new Map([[NAME, cluster]]),
    hosts: new Map([['helloworld:5000', { name: 'helloworld', routes: [route] }]]),
    inbound: { mode: 'STRICT', ports: new Map() },
    passThrough: [],
    httpListeners: [],
    checksPeers: true,
    letsInOneOf: 0,
    tellsStatus: true,
  } as unknown as ProxyConfig;
}
export const told = (altered: ProxyConfig): string[] =>
  altered.clusters.get(NAME)?.endpoints.map(({ address }) => address) ?? [];

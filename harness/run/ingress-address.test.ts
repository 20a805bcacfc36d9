import { expect, test } from 'vitest';
import { defaultOptions } from '../options/parse.ts';
import type { RunOptions } from '../options/types.ts';
import { ingressAddressOf } from './ingress-address.ts';

const provided = { name: 'cluster1', kubeconfig: '', serverForPeers: '' };
const onKind = [{ provided: { ...provided, loadBalancerAddress: '172.18.0.2' } }];
const onExisting = [{ provided }];

test.each([
  ['kind', onKind, {}, 'given'],
  ['kind', onKind, { loadBalancer: 'metallb' }, 'load-balancer'],
  ['kind', onKind, { ingressAddress: 'node-port' }, 'node-port'],
  ['kubeconfig', onExisting, {}, 'load-balancer'],
  ['kubeconfig', onExisting, { ingressAddress: 'node-port' }, 'node-port'],
  ['embedded', onExisting, {}, 'node-port'],
] as const)('on %s with %j and %j gateways are found by %s', (name, members, options, by) => {
  const all: RunOptions = { ...defaultOptions(), ...options };
  expect(ingressAddressOf(all, { name }, members)).toBe(by);
});

import type { Member } from '../mesh/types.ts';
import type { RunOptions } from '../options/types.ts';
import type { RunContext } from '../play/context.ts';
import type { Provider } from '../provider/types.ts';

/**
 * Where visitors find ingress gateways. On kind the harness is the load balancer; to clusters that are there already it has
 * no address to give, whatever `--load-balancer` says. Embedded gateways are at port 80 only for who may listen there; at a
 * node, for all.
 */
export function ingressAddressOf(
  { ingressAddress, loadBalancer }: Pick<RunOptions, 'ingressAddress' | 'loadBalancer'>,
  provider: Pick<Provider, 'name'>,
  members: readonly Pick<Member, 'provided'>[],
): RunContext['ingressAddress'] {
  if (ingressAddress === 'node-port' || provider.name === 'embedded') return 'node-port';
  const hasAddresses = members.every(({ provided }) => provided.loadBalancerAddress !== undefined);
  return loadBalancer === 'node-ip' && hasAddresses ? 'given' : 'load-balancer';
}

/** Every defect that primary-remote has to answer, in the cheapest scenario that shows it. */
import { rowsOf, type Row } from '../types.ts';

export const primaryRemote: readonly Row[] = rowsOf('primary-remote', [
  ['ranges-overlap', 'flat/P1', 'ranges'],
  ['pods-out-of-reach', 'flat/P1', 'ways/cluster1-and-cluster2'],
  ['reader-may-write', 'flat/P2', 'no-more/cluster2'],
  ['injection-by-no-revision', 'flat/P2', 'injected/cluster2 configured/cluster2'],
  ['remote-not-in-charge', 'flat/P2', 'injected/cluster2 injected/cluster3'],
  ['remote-control-plane-address-wrong', 'flat/P2', 'injected/cluster2 injected/cluster3'],
  ['pods-out-of-reach', 'flat/P3', 'reaches'],
  ['locality-preferred', 'flat/P4', 'off/cluster1'],
  ['zone-weights', 'flat/P4', 'off/cluster1'],
  ['locality-ignored', 'flat/P4', 'on/cluster1'],
  ['locality-ignored', 'gateways/P4', 'on/cluster1'],
  ['failover-missing', 'flat/P5', 'unavailable'],
  ['endpoints-frozen', 'flat/P5', 'scaled-away scaled-away/next unready'],
  ['timeouts-ignored', 'flat/P5', 'hangs'],
  ['locality-ignored', 'flat/P5', 'overloaded/back'],
]);

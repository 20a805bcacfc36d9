/** Every defect that primary-remote has to answer, in the cheapest scenario that shows it. */
import { rowsOf, type Row } from '../types.ts';

const NOBODY_IS_LET_IN = 'no pod of a remote cluster is let in: nothing of it can be judged';

export const primaryRemote: readonly Row[] = rowsOf('primary-remote', [
  ['ranges-overlap', 'flat/P1', 'ranges'],
  ['pods-out-of-reach', 'flat/P1', 'ways/cluster1-and-cluster2'],
  ['injection-by-no-revision', 'flat/P2', 'injected/cluster2 configured/cluster2'],
  ['remote-not-in-charge', 'flat/P2', '', 'inconclusive', NOBODY_IS_LET_IN],
  ['remote-control-plane-address-wrong', 'flat/P2', '', 'inconclusive', NOBODY_IS_LET_IN],
  ['pods-out-of-reach', 'flat/P3', 'reaches'],
  ['locality-preferred', 'flat/P4', 'off/cluster1'],
  ['locality-ignored', 'flat/P4', 'on/cluster1'],
  ['timeouts-ignored', 'flat/P5', 'hangs'],
  ['locality-ignored', 'flat/P5', 'overloaded/back'],
]);

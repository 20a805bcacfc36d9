/** Every defect that ingress has to answer, in the cheapest scenario that shows it. */
import { rowsOf, type Row } from '../types.ts';

export const ingress: readonly Row[] = rowsOf('ingress', [
  ['node-routes-missing', 'multi-primary/I1', 'cluster1-to-cluster2 cluster2-to-cluster1'],
  ['gateway-paths-ignored', 'multi-primary/I2', 'elsewhere'],
  ['remote-starved', 'multi-primary/I3', 'reaches stars'],
  ['routes-ignored', 'multi-primary/I4', 'v3 red-stars one-connection'],
  ['subset-labels-ignored', 'multi-primary/I4', 'v3'],
  ['endpoints-frozen', 'flat/I5', 'scaled-away'],
  ['no-return', 'flat/I5', 'scaled-away/back'],
  ['mesh-routes-ignored', 'multi-primary/I6', 'v3'],
]);

/** Every defect that version-routing has to answer, in the cheapest scenario that shows it. */
import { rowsOf, type Row } from '../types.ts';

export const versionRouting: readonly Row[] = rowsOf('version-routing', [
  ['remote-secret-left', 'replicated/V1', 'nothing-crosses'],
  ['service-entries-ignored', 'replicated/V2', 'global/v2 global/v3'],
  ['gateway-ignores-subsets', 'replicated/V2', 'global/v2 global/v3 sni/v2 sni/v3'],
  ['server-name-ignored', 'replicated/V2', 'sni/v2'],
  ['header-match-ignored', 'replicated/V3', 'global/others sni/others'],
  ['route-weights', 'gateways/V4', 'jason'],
  ['gateway-ignores-subsets', 'gateways/V4', 'v2 v3'],
  ['subset-missing-at-gateway', 'gateways/V4', 'jason'],
  ['routes-leak', 'gateways/V4', 'others'],
  ['remote-starved', 'gateways/V5', 'remote'],
  ['remote-secret-missing', 'gateways/V5', 'remote'],
]);

/** Defects that other suites have to answer, in the cheapest scenario that shows them. */
import { rowsOf, type Row } from '../types.ts';

export const otherSuites: readonly Row[] = [
  ...rowsOf('primary-remote', [['locality-ignored', 'flat/P4', '']]),
  ...rowsOf('version-routing', [
    ['header-match-ignored', 'gateways/V4', ''],
    ['subset-missing-at-gateway', 'gateways/V4', ''],
  ]),
];

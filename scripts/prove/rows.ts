/**
 * What is expected of every defect, stated before anything is run: which scenario shows it, which of its checks have to name
 * it, and which verdict is right. A line for each pair of defect and scenario lies in `rows/SUITE.ts`.
 */
import { multiPrimary } from './rows/multi-primary.ts';
import { otherSuites } from './rows/other-suites.ts';
import type { Row } from './types.ts';

/** The whole table. */
export const ROWS: readonly Row[] = [...multiPrimary, ...otherSuites];

/** Claims that no defect has to break, each with the reason: those that are skipped on the embedded mesh. */
export const UNPLAYED: Readonly<Record<string, string>> = {
  'multi-primary/M11': 'the embedded mesh has one revision of its control plane',
  'ingress/*': 'ingress gateways of the embedded mesh have not been tried yet',
  'primary-remote/*': 'the embedded mesh has a control plane in every cluster',
  'hybrid/*': 'the embedded mesh has no control planes of named revisions',
  'version-routing/*': 'the control planes of the embedded mesh always know of the other clusters',
};

/** Why a claim is not played on the embedded mesh; undefined where it is. */
export const whyUnplayed = (suite: string, claim: string): string | undefined =>
  UNPLAYED[`${suite}/${claim}`] ?? UNPLAYED[`${suite}/*`];

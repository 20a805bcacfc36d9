/**
 * What is expected of every defect, stated before anything is run: which scenario shows it, which of its checks have to name
 * it, and which verdict is right. A line for each pair of defect and scenario lies in `rows/SUITE.ts`.
 */
import { hybrid } from './rows/hybrid.ts';
import { ingress } from './rows/ingress.ts';
import { multiPrimary } from './rows/multi-primary.ts';
import { primaryRemote } from './rows/primary-remote.ts';
import { versionRouting } from './rows/version-routing.ts';
import type { Row } from './types.ts';

/** The whole table. */
export const ROWS: readonly Row[] = [
  ...multiPrimary,
  ...ingress,
  ...primaryRemote,
  ...hybrid,
  ...versionRouting,
];

/** Defects of the certificates that workloads are given. */
import type { Defect } from './types.ts';

const DAY_MS = 86_400_000;

export const identity: Readonly<Record<string, Defect>> = {
  'clock-ahead': {
    cause: "the clock of the other cluster's control plane is two days ahead",
    symptom: 'its workload certificates are not yet valid; connections to and from them fail',
    source: 'https://istio.io/latest/docs/ops/common-problems/security-issues/',
    certificates: ({ isFirst }) => (isFirst ? {} : { skewMs: 2 * DAY_MS }),
  },
  'identity-shared': {
    cause: 'all workloads of the first cluster run under its account default',
    symptom: 'calls are as they should be; callers cannot be told apart',
    source: 'https://istio.io/latest/docs/concepts/security/#istio-identity',
    certificates: ({ isFirst }) => (isFirst ? { account: 'default' } : {}),
  },
};

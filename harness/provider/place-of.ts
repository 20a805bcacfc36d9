import type { ProvidedCluster } from './types.ts';

/** Where a cluster is reached, as the journal keeps it: without a context that is not there. */
export const placeOf = ({
  kubeconfig,
  context,
}: Pick<ProvidedCluster, 'kubeconfig' | 'context'>): Pick<ProvidedCluster, 'kubeconfig' | 'context'> => ({
  kubeconfig,
  ...(context === undefined ? {} : { context }),
});

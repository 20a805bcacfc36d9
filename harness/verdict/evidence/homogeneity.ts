import { logKrichevskyTrofimov, logLargestIndependent } from './dependence.ts';

/**
 * Natural logarithm of an e-value against "every client sees the same shares": each client's answers under a prior of
 * their own, over the best common fit (F12). From 100 on, connections are pinned rather than balanced.
 * @param clients one row of counts for each client, with the labels in the same order
 */
export function logHeterogeneity(clients: readonly (readonly number[])[]): number {
  const kinds = clients[0]?.length ?? 0;
  const pooled = Array.from({ length: kinds }, (_, label) =>
    clients.reduce((sum, counts) => sum + (counts[label] ?? 0), 0),
  );
  if (pooled.every((count) => count === 0)) return 0;
  const separate = clients.reduce((sum, counts) => sum + logKrichevskyTrofimov(counts, kinds), 0);
  return separate - logLargestIndependent(pooled);
}

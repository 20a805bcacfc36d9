import { ClusterError } from '../../cluster/cluster.ts';

/** An error's message for somebody who knows which cluster it is about: without its name and the remedy at the end. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ClusterError)) return message;
  const [first = message] = message.split('\n  remedy: ');
  const prefix = `${error.cluster}: `;
  return first.startsWith(prefix) ? first.slice(prefix.length) : first;
}

import { contextOf } from '../cluster/kubeconfig.ts';
import type { ClusterSource } from '../options/types.ts';
import { userPath } from './setup.ts';

/**
 * Names the context of each cluster for which only a file was given. A file's current context may become another one while
 * a run is under way (`kubectl config use-context`), and what is put back later would be put back in another cluster.
 * A file that cannot be read is left as it is: preflight tells why.
 */
export const withContexts = (sources: readonly ClusterSource[]): Promise<ClusterSource[]> =>
  Promise.all(
    sources.map(async (source) => {
      const { name, file } = source;
      if (source.context !== undefined) return source;
      const current = contextOf({ name, kubeconfig: userPath(file) });
      return current.then(
        (context) => ({ ...source, context }),
        () => source,
      );
    }),
  );

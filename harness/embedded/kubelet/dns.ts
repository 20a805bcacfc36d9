/** The names that pods can resolve: Services of their own cluster, each an empty file that a shell can look for. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../command/quote.ts';
import type { Resource, Store } from '../types.ts';

/** What no resolver answers, nor asks others for: its label is longer than DNS allows (RFC 1035 §2.3.4). */
const NOBODY = 'there-is-no-service-of-this-name-in-the-cluster-so-it-does-not-resolve';

const directoryOf = (parent: string): string => join(parent, 'names');

/** Keeps the files below `parent`, where a cluster's pods are. Gives what ends it. */
export function keepNames(store: Store, parent: string): () => void {
  const directory = directoryOf(parent);
  mkdirSync(directory, { recursive: true });
  const fileOf = ({ metadata: { name, namespace = '' } }: Resource): string =>
    join(directory, `${name}.${namespace}`);
  for (const service of store.list('Service')) writeFileSync(fileOf(service), '');
  return store.watch(({ type, object }) => {
    if (object.kind !== 'Service') return;
    if (type === 'DELETED') rmSync(fileOf(object), { force: true });
    else if (type === 'ADDED') writeFileSync(fileOf(object), '');
  });
}

/**
 * Lines of a shell script that set `to`, as curl's --connect-to takes it, by the first URL among the script's arguments:
 * the sidecar, or for the name of no Service a name that nobody resolves, so that curl fails as it does in a real pod.
 */
export const resolving = (
  pod: { readonly parent: string; readonly namespace: string },
  sidecar: string,
): string => `to='::${sidecar}'
for word; do
  case $word in http://*|https://*) ;; *) continue ;; esac
  host=\${word#*://} host=\${host%%[/?]*} host=\${host%:*}
  case $host in localhost) break ;; *[!0-9.]*) ;; *) break ;; esac
  name=\${host%.svc.cluster.local} name=\${name%.svc}
  case $name in *.*) ;; *) name=$name.${pod.namespace} ;; esac
  [ -e ${shellQuote([directoryOf(pod.parent)])}/"$name" ] || to="::$host.${NOBODY}:1"
  break
done
`;

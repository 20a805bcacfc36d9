/** The names that pods can resolve: Services of their own cluster, each an empty file that a shell can look for. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../command/quote.ts';
import { fileOf as fileOfPlace, type Place, portsDirectory } from '../places.ts';
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
  sidecar: Place,
): string => `${leadingTo(sidecar)}
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

/** As it is when the script runs: the sidecar may listen only later. */
function leadingTo(sidecar: Place): string {
  const directory = portsDirectory();
  if (directory === undefined) return `to='::${sidecar.host}:${String(sidecar.port)}'`;
  const file = shellQuote([fileOfPlace(directory, sidecar)]);
  return `{ read -r port <${file}; } 2>/dev/null || port=1\nto="::127.0.0.1:$port"`;
}
